import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGateway } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { startUpstream } from "../../src/testing/index.js";
import { version } from "../../src/version.js";
import { type Outcome, postern as posternWith } from "./postern.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-cli-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

function postern(...args: string[]): Promise<Outcome> {
  return posternWith(args);
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("postern", () => {
  it("prints its version", async () => {
    for (const word of ["version", "--version", "-v"]) expect(await postern(word)).toEqual({ code: 0, out: version, err: "" });
  });

  it("helps", async () => {
    for (const args of [[], ["help"], ["--help"], ["-h"]]) {
      const { code, out } = await postern(...args);
      expect(code).toBe(0);
      for (const word of ["start", "config", "version", "help"]) expect(out).toMatch(new RegExp(`^  ${word} `, "m"));
    }
    for (const args of [
      ["help", "start"],
      ["start", "--help"],
      ["start", "-h"],
    ]) {
      expect((await postern(...args)).out).toContain("--proxy-port PORT");
    }
  });

  it.each([
    [["nonsense"], "No such command: nonsense"],
    [["help", "nonsense"], "No such command: nonsense"],
    [["config", "help", "nonsense"], "No such command: nonsense"],
    [["config"], "expected a command"],
    [["config", "nonsense"], "No such command for config: nonsense"],
    [["config", "parse"], "expected a declarative configuration file"],
    [["config", "parse", "a", "b"], "one file only"],
    [["start", "--nonsense"], "Unknown option '--nonsense'"],
    [["start", "--proxy-port", "65536"], "--proxy-port: '65536' is not a port"],
    [["start", "--admin-port", "x"], "--admin-port: 'x' is not a port"],
  ])("refuses %j", async (args, text) => {
    const { code, out, err } = await postern(...args);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(`Error: ${text}`);
    expect(err).toContain("Run postern help");
  });
});

describe("postern config parse", () => {
  it("takes YAML and JSON", async () => {
    const yaml = await file("good.yml", '_format_version: "3.0"\nservices: [{ name: a, url: "http://a.test" }]\n');
    const json = await file("good.json", '{"_format_version":"3.0","plugins":[{"name":"cors"}]}');
    for (const path of [yaml, json])
      expect(await postern("config", "parse", path)).toEqual({ code: 0, out: "parse successful", err: "" });
  });

  it("shows every fault with its place and a hint", async () => {
    const path = await file(
      "bad.yml",
      '_format_version: "3.0"\nservices:\n- name: a\n  host: a.test\n  porrt: 80\nroutess: []\n',
    );
    const { code, out, err } = await postern("config", "parse", path);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(`Error: Failed parsing ${path}: 2 faults`);
    expect(err).toMatch(/bad\.yml:5:3: services\[0\]\.porrt: unknown field\n {2}hint: .*port/);
    expect(err).toMatch(/bad\.yml:6:1: routess: unknown field\n {2}hint: .*routes/);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it("shows where a file is not YAML", async () => {
    const path = await file("broken.yml", "a: [1\nb: 2\n");
    const { code, err } = await postern("config", "parse", path);
    expect(code).toBe(1);
    expect(err).toMatch(/broken\.yml:\d+:\d+: failed parsing declarative configuration: /);
  });

  it("warns of what is deprecated", async () => {
    const text = '_format_version: "3.0"\nplugins:\n- name: rate-limiting\n  config: { minute: 5, redis_host: r.test }\n';
    const { code, out, err } = await postern("config", "parse", await file("old.yml", text));
    expect([code, out]).toEqual([0, "parse successful"]);
    expect(err).toMatch(/old\.yml:4:\d+: warning: plugins\[0\]\.config\.redis_host: .*deprecated/);
  });

  it("says when there is no such file", async () => {
    const { code, err } = await postern("config", "parse", join(folder, "none.yml"));
    expect(code).toBe(1);
    expect(err).toContain("Error: ENOENT");
  });
});

describe("postern schema", () => {
  it("prints the schema of documents, or of one entity", async () => {
    const { code, out, err } = await postern("schema");
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toEqual(createGateway().configSchema());
    expect(JSON.parse((await postern("schema", "--entity", "routes")).out)).toEqual(
      createGateway().configSchema({ entity: "routes" }),
    );
    const none = await postern("schema", "--entity", "route");
    expect([none.code, none.err]).toEqual([1, "Error: option 'entity': there is no entity named 'route'"]);
  });

  it("writes it to a file", async () => {
    const path = join(folder, "schema.json");
    expect(await postern("schema", "-o", path)).toEqual({ code: 0, out: "", err: "" });
    expect(JSON.parse(await readFile(path, "utf8"))).toHaveProperty("definitions.plugins");
  });
});

describe("postern, for other programs and for people", () => {
  it("prints versions as JSON", async () => {
    const { out } = await postern("version", "--json");
    expect(JSON.parse(out)).toEqual({ version, node: process.versions.node, platform: `${process.platform} ${process.arch}` });
  });

  it("uses colours where they are welcome, and none elsewhere", async () => {
    const path = await file("colours.yml", '_format_version: "3.0"\nservices: [{ name: a }]\n');
    const args = ["config", "parse", path];
    expect((await postern(...args)).err).not.toContain("\u001b");
    const err: string[] = [];
    await run(args, { out: () => undefined, err: (line) => err.push(line), colors: { out: true, err: true } });
    expect(err[0]).toBe(`\u001b[31mError:\u001b[39m Failed parsing ${path}: 1 fault`);
  });

  it("teaches by examples, and says what was meant", async () => {
    for (const words of [
      ["start"],
      ["reload"],
      ["health"],
      ["schema"],
      ["migrations"],
      ["config", "parse"],
      ["config", "diff"],
    ]) {
      expect((await postern(...words, "--help")).out).toContain("\nExamples:\n  $ ");
    }
    expect((await postern("config", "parse", "--strikt")).err).toContain("Unknown option '--strikt'\n(Did you mean --strict?)");
  });

  it.each([
    [["reload"], "expected either --pid-file, or --admin-url and --config"],
    [["reload", "--pid-file", "a", "--admin-url", "b"], "expected either --pid-file"],
    [["reload", "--pid-file", "/no/such/file"], "ENOENT"],
    [["schema", "more"], "Too many arguments for 'schema'"],
  ])("refuses %j", async (args, text) => {
    const { code, out, err } = await postern(...args);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(`Error: ${text}`);
  });

  it("asks a gateway that is not there", async () => {
    const upstream = await startUpstream();
    await upstream.close();
    const { code, err } = await postern("health", "--admin-url", upstream.url);
    const reason = `connect ECONNREFUSED ${new URL(upstream.url).host}`;
    expect([code, err]).toEqual([1, `Error: the Admin API at ${upstream.url} cannot be reached: ${reason}`]);
  });

  it("asks something that is no Admin API", async () => {
    await using upstream = await startUpstream((_request, response) => void response.end("<html>"));
    const { code, err } = await postern("health", "--admin-url", upstream.url);
    expect([code, err]).toEqual([
      1,
      `Error: ${upstream.url} does not seem to be an Admin API: it answers 200 and something other than JSON`,
    ]);
  });
});
