import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../support/wait-for.js";
import { postern } from "./postern.js";
import { Running } from "./running.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-plugin-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** Runs the tests in a folder as `npm test` does, on the sources of the library. */
async function runTests(of: string): Promise<string> {
  await symlink(join(root, "node_modules"), join(of, "node_modules"));
  const alias = [
    { find: "postern/testing", replacement: join(root, "src/testing/index.ts") },
    { find: "postern", replacement: join(root, "src/index.ts") },
  ];
  await writeFile(join(of, "vitest.config.mjs"), `export default { resolve: { alias: ${JSON.stringify(alias)} } };\n`);
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", of];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: of, env: { ...process.env, VITEST: undefined, NO_COLOR: "1" } },
      (error, out, err) => {
        if (error) reject(new Error(`${out}\n${err}`));
        else resolve(out);
      },
    );
  });
}

/** What the compiler says about the files of a folder. */
function typeErrors(of: string): string[] {
  const paths = { postern: [join(root, "src/index.ts")], "postern/testing": [join(root, "src/testing/index.ts")] };
  const files = ["index.ts", "index.test.ts", "schema.ts"].map((file) => join(of, file));
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    paths,
  });
  // Of these files alone: the library's own take most of a minute.
  return files
    .flatMap((file) => [...program.getSemanticDiagnostics(program.getSourceFile(file))])
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("postern plugin new", () => {
  it("writes TypeScript that compiles, and whose tests pass", { timeout: 120_000 }, async () => {
    const dir = join(folder, "made", "say-hello");
    const { code, out } = await postern(["plugin", "new", "say-hello", "--dir", dir]);
    expect([code, out]).toEqual([0, `written: ${dir}. Next: cd ${dir} && npm install && npm test`]);
    expect((await readdir(dir)).sort()).toEqual([
      "README.md",
      "index.test.ts",
      "index.ts",
      "package.json",
      "schema.ts",
      "tsconfig.json",
    ]);
    expect(await readFile(join(dir, "index.ts"), "utf8")).toContain('name: "say-hello"');
    expect(await runTests(dir)).toMatch(/Tests +3 passed/);
    expect(typeErrors(dir)).toEqual([]);
  });

  it("writes JavaScript whose tests pass", { timeout: 120_000 }, async () => {
    const dir = join(folder, "in-js");
    expect((await postern(["plugin", "new", "in-js", "--js", "--dir", dir])).code).toBe(0);
    expect((await readdir(dir)).sort()).toEqual(["README.md", "index.js", "index.test.js", "package.json", "schema.js"]);
    expect(await runTests(dir)).toMatch(/Tests +3 passed/);
  });

  it("overwrites nothing", async () => {
    const dir = join(folder, "there");
    await mkdir(dir);
    const { code, err } = await postern(["plugin", "new", "there", "--dir", dir]);
    expect([code, err]).toEqual([1, `Error: ${dir} already exists.\nWill not overwrite it.`]);
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([
    ["Hello", "'Hello' is no name for a plugin"],
    ["../x", "'../x' is no name for a plugin"],
    ["a--b", "'a--b' is no name for a plugin"],
    ["cors", "there is a bundled plugin 'cors'"],
  ])("refuses the name %s", async (name, message) => {
    const { code, err } = await postern(["plugin", "new", name, "--dir", join(folder, "refused")]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
    expect(await readdir(folder)).not.toContain("refused");
  });
});

describe("postern start --watch", () => {
  it("loads the file of a plugin again", { timeout: 30_000 }, async () => {
    const file = join(folder, "speaker.cjs");
    const speaker = (answer: string): string =>
      `module.exports = { Plugin: class { async access(kong) { await kong.response.exit(200, "${answer}"); } }, Version: "1.0.0" };`;
    await writeFile(file, speaker("first"));
    const config = join(folder, "speaker.json");
    const document = { _format_version: "3.0", routes: [{ name: "r", paths: ["/"] }], plugins: [{ name: "speaker" }] };
    await writeFile(config, JSON.stringify(document));
    const args = ["start", "--config", config, "--watch", "--no-admin", "--host", "127.0.0.1", "--proxy-port", "0"];
    await using running = new Running(args, { KONG_PLUGINS: `bundled,${file}` });
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    const answer = async (): Promise<string> => (await fetch(proxy)).text();
    expect(await answer()).toBe("first");
    await writeFile(file, speaker("second"));
    await waitFor(async () => (await answer()) === "second", { what: "the new plugin", timeout: 20_000 });
  });
});
