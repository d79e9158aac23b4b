import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import { version } from "../../src/version.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-cli-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

async function postern(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join("\n"), err: err.join("\n") };
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
    const json = await file("good.json", '{"_format_version":"3.0","plugins":[{"name":"key-auth"}]}');
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
