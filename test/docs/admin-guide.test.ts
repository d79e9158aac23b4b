import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveGateway, live } from "../admin/live.js";

const run = promisify(execFile);
const text = readFileSync(new URL("../../docs/guide/admin-api.md", import.meta.url), "utf8");

/** The commands of the guide, each with what it promises to print. */
const examples = [...text.matchAll(/^```sh(?: (\w+))?\n(.*?)^```\n\n```(json|text)\n(.*?)^```/gms)].map(
  ([, where = "memory", command = "", kind = "", printed = ""]) => ({ where, command, kind, printed }),
);

describe("docs/guide/admin-api.md", () => {
  let memory: LiveGateway;
  let dbless: LiveGateway;
  beforeAll(async () => {
    memory = await live({ database: "memory" });
    dbless = await live();
  });
  afterAll(async () => {
    await memory[Symbol.asyncDispose]();
    await dbless[Symbol.asyncDispose]();
  });

  it("has commands", () => {
    expect(examples).toHaveLength([...text.matchAll(/^```sh/gm)].length);
    expect(examples.length).toBeGreaterThan(8);
  });

  it.each(examples)("$command", async ({ where, command, kind, printed }) => {
    const { ports } = where === "dbless" ? dbless : memory;
    const real = command
      .replaceAll("127.0.0.1:8001", `127.0.0.1:${ports.admin}`)
      .replaceAll("127.0.0.1:8007", `127.0.0.1:${ports.status}`);
    const { stdout } = await run("sh", ["-c", real]);
    if (kind === "text") expect(stdout.trim()).toBe(printed.trim());
    else expect(JSON.parse(stdout)).toMatchObject(withPlaces(JSON.parse(printed)));
  });
});

/** `…` stands for any text. */
function withPlaces(value: unknown): object {
  return JSON.parse(JSON.stringify(value), (_key, member: unknown) => (member === "…" ? expect.any(String) : member)) as object;
}
