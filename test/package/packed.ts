/**
 * Packs the built package, puts it into an empty project that has our dependencies and nothing else, and uses it as users do: every
 * subpath by `import` and by `require`. `attw` looks at the types of the same tarball. Run it after `npm run build`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  exports: Record<string, unknown>;
};
/** Loaded only when needed: `import "postern"` must not pay for them. */
const lazy = ["ajv", "yaml", "undici", "http-proxy-3"];

const project = mkdtempSync(join(tmpdir(), "postern-packed-"));
try {
  const tarball = pack();
  execFileSync(
    process.execPath,
    [join(root, "node_modules/@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "node16"],
    {
      stdio: "inherit",
    },
  );
  unpack(tarball);
  for (const subpath of Object.keys(manifest.exports)) await useAsUsersDo(subpath);
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** `prepack` would build once more. */
function pack(): string {
  const output = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  for (const needed of ["LICENSE", "README.md", "dist/index.js", "dist/index.cjs", "dist/index.d.ts", "dist/index.d.cts"]) {
    assert(paths.includes(needed), `${needed} is not in the package`);
  }
  const strays = paths.filter((path) => !/^(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(path));
  assert.deepEqual(strays, [], "files that do not belong into the package");
  return join(project, filename);
}

function unpack(tarball: string): void {
  const target = join(project, "node_modules", manifest.name);
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  for (const dependency of Object.keys(manifest.dependencies)) {
    const link = join(project, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    const installed = join(root, "node_modules", dependency);
    assert(existsSync(installed), `${dependency} is not installed`);
    symlinkSync(installed, link, "junction");
  }
  writeFileSync(join(project, "package.json"), '{ "name": "a-user", "private": true }');
}

async function useAsUsersDo(subpath: string): Promise<void> {
  const name = subpath.replace(/^\./, manifest.name);
  if (subpath === "./schema.json") {
    assert.equal(run("cjs", `show(require(${JSON.stringify(name)}).$schema)`), "http://json-schema.org/draft-07/schema#");
    console.log(`${name}: required`);
    return;
  }
  if (subpath.endsWith(".json")) {
    assert.equal(run("cjs", `show(require(${JSON.stringify(name)}).version)`), manifest.version);
    console.log(`${name}: required`);
    return;
  }
  // Here, outside of the project, tsconfig.json leads the name to src/.
  const names = Object.keys(await import(name)).sort();
  const list = `show(Object.keys(m).filter((name) => name !== "default" && name !== "__esModule").sort())`;
  assert.deepEqual(run("mjs", `const m = await import(${JSON.stringify(name)}); ${list}`), names, `${name} by import`);
  assert.deepEqual(run("cjs", `const m = require(${JSON.stringify(name)}); ${list}`), names, `${name} by require`);

  const loaded = `show(Object.keys(require.cache).filter((file) => /node_modules.(${lazy.join("|")})\\b/.test(file)))`;
  assert.deepEqual(run("cjs", `require(${JSON.stringify(name)}); ${loaded}`), [], `${name} loads packages it does not need yet`);
  if (subpath === ".") makesAGateway(name);
  console.log(`${name}: imported and required`);
}

/** Also proves that lazily loaded packages are found from within the package. */
function makesAGateway(name: string): void {
  const text = JSON.stringify(
    '_format_version: "3.0"\nservices: [{ name: a, url: "http://a.test", routes: [{ paths: [/a] }] }]\n',
  );
  const use = `const gateway = createGateway({ declarativeConfigString: ${text} }); gateway.close().then(() => show("closed"));`;
  assert.equal(run("mjs", `import { createGateway } from ${JSON.stringify(name)}; ${use}`), "closed");
  assert.equal(run("cjs", `const { createGateway } = require(${JSON.stringify(name)}); ${use}`), "closed");
}

/** Runs `code`, which calls `show` once, in a process of its own. */
function run(ending: "mjs" | "cjs", code: string): unknown {
  const file = join(project, `use.${ending}`);
  writeFileSync(file, `const show = (value) => process.stdout.write(JSON.stringify(value));\n${code}\n`);
  return JSON.parse(execFileSync(process.execPath, ["--no-warnings", file], { cwd: project, encoding: "utf8" }));
}
