import { type AnyPlugin, createGateway, definePlugin, PluginLoadError, type StandardSchema } from "postern";
import { expect, it } from "vitest";
import { startGateway } from "../../src/testing/index.js";

const good = { name: "odd", version: "1.0.0", priority: 1, config: {} } as const;

it.each<readonly [unknown, string]>([
  [null, "a plugin is what definePlugin makes"],
  [5, "a plugin is what definePlugin makes"],
  [{}, "its name is not a text"],
  [definePlugin({ ...good, name: "" }), "its name is not a text"],
  [{ ...good, config: undefined }, "no configuration schema found for plugin: odd"],
  [good, "it has no protocols: plugins are made with definePlugin"],
  [definePlugin({ ...good, access: 5 as never }), "its access is not a function"],
  [definePlugin({ ...good, config: null as never }), "no configuration schema found for plugin: odd"],
  [
    definePlugin({ ...good, config: { word: "string" } as never }),
    "the field word of its config is none that str, int, bool and the like make",
  ],
  [
    definePlugin({ ...good, config: { type: "object", properties: { word: { type: "strin" } } } }),
    "its config is no JSON Schema: type must be JSONType or JSONType[]: strin",
  ],
  [
    definePlugin({ ...good, protocols: ["htp" as never] }),
    'its protocols have "htp", which is none of grpc, grpcs, http, https, tcp',
  ],
  [definePlugin({ ...good, scopes: ["routes" as never] }), 'its scopes have "routes", which is none of service, route, consumer'],
  [
    definePlugin({ ...good, priority: Number.NaN }),
    'Plugin "odd" cannot be loaded because its PRIORITY field is not a valid integer number, got: "NaN".',
  ],
  [
    definePlugin({ ...good, version: "1.0" }),
    'Plugin "odd" cannot be loaded because its VERSION field does not follow the "x.y.z" format, got: "1.0".',
  ],
  [
    definePlugin({ ...good, response() {}, headerFilter() {} }),
    'Plugin "odd" can\'t be loaded because it implements both `response` and `header_filter` or `body_filter` methods.',
  ],
])("what is no plugin is refused with the reason: %#", (plugin, reason) => {
  expect(() => createGateway({ plugins: [plugin as AnyPlugin] })).toThrow(PluginLoadError);
  expect(() => createGateway({ plugins: [plugin as AnyPlugin] })).toThrow(reason);
});

it.each<readonly [string, () => unknown, string]>([
  [
    "throws",
    () => {
      throw new Error("no way");
    },
    "the plugin's schema failed: no way",
  ],
  ["gives nothing", () => undefined, "the plugin's schema did not give a result"],
  ["gives no object", () => ({ value: 5 }), "the plugin's schema did not give an object"],
  ["makes one wait", async () => ({ value: {} }), "the plugin's schema is asynchronous, and configurations cannot wait for it"],
])("a Standard Schema that %s is a fault of the configuration", (_what, validate, fault) => {
  const config: StandardSchema = { "~standard": { version: 1, vendor: "test", validate: validate as never } };
  expect(() =>
    createGateway({
      plugins: [definePlugin({ ...good, config }) as AnyPlugin],
      declarativeConfig: { _format_version: "3.0", plugins: [{ name: "odd" }] },
    }),
  ).toThrow(fault);
});

it("a filtersBody that throws is told by the plugin's name, and what was in force stays", async () => {
  const plugin = definePlugin({
    ...good,
    filtersBody() {
      throw new Error("boom");
    },
    bodyFilter() {},
  });
  const document = { _format_version: "3.0", routes: [{ name: "r", paths: ["/"] }] } as const;
  await using t = await startGateway({ plugins: [plugin as AnyPlugin, "bundled"], declarativeConfig: document });
  const load = t.gateway.loadConfig({ ...document, plugins: [{ name: "odd" }] });
  await expect(load).rejects.toThrow("plugin 'odd' failed in filtersBody: boom");
  expect((await t.fetch("/")).status).toBe(503);
});
