import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGateway, definePlugin, OptionsError } from "postern";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type TestGateway, testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-plugin-files-"));
  vi.spyOn(process, "cwd").mockReturnValue(folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A plugin that answers with what it was given. The schema has one field, of the name of `field`. */
const plugin = (answer: string, field = "word"): string =>
  `{ name: "speaker", version: "1.0.0", priority: 5, protocols: ["http", "https"], scopes: ["route", "service", "consumer"],
     config: { type: "object", properties: { ${field}: { type: "string" } }, required: ["${field}"], additionalProperties: false },
     access: (pdk, config) => pdk.response.exit(200, "${answer} " + config.${field}) }`;

const document = {
  _format_version: "3.0",
  routes: [{ name: "r", paths: ["/"] }],
  plugins: [{ name: "speaker", config: { word: "moin" } }],
};

interface Watching extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly errors: string[];
  write(text: string): void;
  answers(text: string): Promise<void>;
}

async function watching(file: string, text: (plugin: string) => string, options: object = {}): Promise<Watching> {
  const write = (code: string): void => writeFileSync(join(folder, file), text(code));
  write(plugin("first"));
  const errors: string[] = [];
  const gateway = await testGateway({
    config: document,
    options: {
      plugins: [`./${file}`],
      watch: { settleMs: 20, pollMs: 60_000 },
      logger: { debug() {}, info() {}, warn() {}, error: (message) => void errors.push(message) },
      ...options,
    },
  });
  const answer = async (): Promise<string> => (await gateway.fetch("/")).text();
  expect(await answer()).toBe("first moin");
  return {
    gateway,
    errors,
    write,
    async answers(expected) {
      await waitFor(async () => (await answer()) === expected, { what: expected });
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  };
}

const esm = (code: string): string => `export default ${code};`;
const common = (code: string): string => `module.exports = ${code};`;

describe("the file of a plugin, with the option watch", () => {
  it.each([
    ["speaker.mjs", esm],
    ["speaker.cjs", common],
  ])("%s is loaded again, time and again", async (file, text) => {
    await using watched = await watching(file, text);
    const { hash } = watched.gateway.gateway.config;
    watched.write(plugin("second"));
    await watched.answers("second moin");
    watched.write(plugin("third"));
    await watched.answers("third moin");
    expect(watched.gateway.gateway.config.hash).toBe(hash);
    expect(watched.errors).toEqual([]);
  });

  it("stays as it was while it cannot be loaded", async () => {
    await using watched = await watching("speaker.cjs", common);
    watched.write("{ name: ");
    await waitFor(() => watched.errors.length === 1, { what: "the error" });
    expect(watched.errors[0]).toMatch(
      /^the plugin file '\.\/speaker\.cjs' is not loaded again, what was loaded before goes on: Unexpected token/,
    );
    await watched.answers("first moin");
    watched.write('"none"');
    await waitFor(() => watched.errors.length === 2, { what: "the second error" });
    expect(watched.errors[1]).toContain("exports no plugin");
    watched.write(plugin("second"));
    await watched.answers("second moin");
  });

  it("stays as it was where the configuration does not fit the new schema, and follows one that does", async () => {
    await using watched = await watching("speaker.mjs", esm);
    watched.write(plugin("second", "term"));
    await waitFor(() => watched.errors.length === 1, { what: "the error" });
    expect(watched.errors[0]).toContain("declarative config is invalid");
    await watched.answers("first moin");
    await expect(
      watched.gateway.gateway.loadConfig({ ...document, plugins: [{ name: "speaker", config: { term: "x" } }] }),
    ).rejects.toThrow("declarative config is invalid");
    await watched.gateway.gateway.loadConfig({ ...document, plugins: [{ name: "speaker", config: { word: "hello" } }] });
    await watched.answers("first hello");
    watched.write(plugin("third"));
    await watched.answers("third hello");
  });

  it("is loaded again with a database too", async () => {
    await using watched = await watching("speaker.cjs", common, { database: "memory" });
    await watched.gateway.gateway.db.routes.insert({ name: "other", paths: ["/other"] });
    watched.write(plugin("second"));
    await watched.answers("second moin");
    expect(await watched.gateway.gateway.db.routes.selectBy("name", "other")).toBeDefined();
  });

  it("gives a plugin that takes the place of another one, as register does", async () => {
    const speaker = (answer: string) =>
      definePlugin({
        name: "speaker",
        version: "1.0.0",
        priority: 5,
        config: {},
        access: (pdk) => pdk.response.exit(200, answer),
      });
    const config = { ...document, plugins: [{ name: "speaker" }] };
    await using gateway = await testGateway({ config, options: { plugins: [speaker("first")] } });
    gateway.gateway.plugins.register(speaker("second"));
    expect(await (await gateway.fetch("/")).text()).toBe("first");
    await gateway.gateway.loadConfig(config);
    expect(await (await gateway.fetch("/")).text()).toBe("second");
  });

  it("is nothing to watch when there is none", () => {
    expect(() => createGateway({ watch: true, plugins: ["bundled"] })).toThrow(OptionsError);
  });
});
