import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createGateway, OptionsError, PluginLoadError } from "postern";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { testGateway } from "../support/test-gateway.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-plugins-"));
  vi.spyOn(process, "cwd").mockReturnValue(folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const plugin = (name: string): string =>
  `{ name: "${name}", version: "1.0.0", priority: 5, config: {}, protocols: ["http", "https"], scopes: ["route", "service", "consumer"],
     access: (pdk) => pdk.response.exit(200, "${name}") }`;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const names = (plugins: readonly string[]): readonly string[] => createGateway({ plugins }).plugins.names();

describe("plugins by name", () => {
  it("come from files, as ES modules and as CommonJS, with all bundled ones beside them", async () => {
    write("esm.mjs", `export default ${plugin("esm-one")}; export const other = ${plugin("esm-two")};`);
    write("common.cjs", `module.exports = ${plugin("common")};`);
    write("list.cjs", `module.exports = [${plugin("first")}, ${plugin("second")}];`);
    const found = names(["./esm.mjs", join(folder, "common.cjs"), "./list.cjs"]);
    expect(found).toEqual(expect.arrayContaining(["key-auth", "esm-one", "esm-two", "common", "first", "second"]));
    await using gateway = await testGateway({
      config: { _format_version: "3.0", routes: [{ name: "r", paths: ["/"] }], plugins: [{ name: "common" }] },
      options: { plugins: ["./common.cjs"] },
    });
    expect(await (await gateway.fetch("/")).text()).toBe("common");
  });

  it("may be for kong-pdk, and have the names of their files", () => {
    write("js-hello.js", "module.exports = { Plugin: class { async access() {} }, Version: '0.1.0' };");
    write("other.mjs", "export default { Plugin: class {}, Name: 'Named', Schema: [] };");
    write("mixed.cjs", `exports.Plugin = class {}; exports.mine = ${plugin("mine")};`);
    expect(names(["off", "./js-hello.js", "./other.mjs", "./mixed.cjs"])).toEqual(["js-hello", "named", "mine"]);
  });

  it("come from packages, with a scope too", () => {
    write("node_modules/my-plugin/index.js", `module.exports = ${plugin("my-plugin")};`);
    write("node_modules/@us/plugins/package.json", '{ "name": "@us/plugins", "type": "module", "exports": "./main.js" }');
    write("node_modules/@us/plugins/main.js", `export const ours = ${plugin("ours")};`);
    expect(names(["off", "my-plugin", "@us/plugins"])).toEqual(["my-plugin", "ours"]);
    expect(names(["key-auth", "my-plugin"])).toEqual(["key-auth", "my-plugin"]);
  });

  it.each([
    ["key-auht", "no bundled plugin is named 'key-auht' (did you mean 'key-auth'?), and no package of that name is installed"],
    ["quite-unknown", "no bundled plugin is named 'quite-unknown', and no package of that name is installed"],
    ["./missing.js", "there is no file './missing.js'"],
    ["./throws.cjs", "'./throws.cjs' cannot be loaded: boom"],
    ["./needs.cjs", "'./needs.cjs' cannot be loaded: Cannot find module 'not-there'"],
    ["./awaits.mjs", "'./awaits.mjs' cannot be loaded at once, since it awaits something at its top level"],
    ["./empty.cjs", "'./empty.cjs' exports no plugin"],
    ["./text.cjs", "'./text.cjs' exports no plugin"],
  ])("%s is refused with the reason", (name, text) => {
    write("throws.cjs", 'throw new Error("boom");');
    write("needs.cjs", 'require("not-there");');
    write("awaits.mjs", `await new Promise((resolve) => setImmediate(resolve)); export default ${plugin("late")};`);
    write("empty.cjs", "");
    write("text.cjs", 'module.exports = "text";');
    expect(() => names([name])).toThrow(OptionsError);
    expect(() => names([name])).toThrow(`option 'plugins': ${text}`);
  });

  it("must be good ones", () => {
    write("bad.cjs", `module.exports = { ...${plugin("bad")}, priority: 1.5 };`);
    expect(() => names(["./bad.cjs"])).toThrow(PluginLoadError);
  });
});
