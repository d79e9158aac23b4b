import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type LoadedDocument, loadDeclarative } from "../../src/declarative/load.js";
import { parseDocument } from "../../src/declarative/parse.js";
import { EntityState } from "../../src/store/tables/entity-state.js";
import { bundledEntities } from "./bundled.js";
import { now } from "./support.js";

const load = (input: string | object): LoadedDocument => loadDeclarative(input, { entities: bundledEntities, now });
const state = (loaded: LoadedDocument): EntityState => new EntityState(bundledEntities, loaded.state, { now });

it("loads the example of Kong's documentation", () => {
  const { all, eachFor, selectByCacheKey } = bind(
    state(
      load(`_format_version: "3.0"
_transform: true

services:
- name: my-service
  url: https://example.com
  plugins:
  - name: key-auth
  routes:
  - name: my-route
    paths:
    - /

consumers:
- username: my-user
  keyauth_credentials:
  - key: my-key
`),
    ),
  );
  const service = { id: "0855b320-0dd2-547d-891d-601e9b38647f" };
  const consumer = { id: "4b1b701d-de2b-5588-9aa2-3b97061d9f52" };
  expect(all("services")).toMatchObject([
    { ...service, protocol: "https", host: "example.com", port: 443, path: null, retries: 5 },
  ]);
  expect(eachFor("routes", "service", service.id)).toMatchObject([
    { id: "481a9539-f49c-51b6-b2e2-fe99ee68866c", paths: ["/"], protocols: ["http", "https"], strip_path: true },
  ]);
  expect(eachFor("plugins", "service", service.id)).toMatchObject([
    { name: "key-auth", enabled: true, config: { key_names: ["apikey"] } },
  ]);
  expect(selectByCacheKey("keyauth_credentials", "my-key")).toMatchObject({ consumer });
});

it("loads the example for environment variables", () => {
  const loaded = load(
    '{"_format_version":"1.1", "services":[{"host":"mockbin.org","port":443,"protocol":"https", "routes":[{"paths":["/"]}]}],"plugins":[{"name":"rate-limiting", "config":{"policy":"local","limit_by":"ip","minute":3}}]}',
  );
  expect(loaded.counts).toMatchObject({ services: 1, routes: 1, plugins: 1 });
  expect(loaded.meta._format_version).toBe("3.0");
});

it("checks a relation to several entities as the plugin wants it", () => {
  const document = {
    _format_version: "3.0",
    services: [
      {
        name: "my-service",
        url: "http://a.test",
        plugins: [{ name: "rate-limiting", consumer: "my-user", config: { minute: 5 } }],
      },
    ],
    consumers: [{ username: "my-user" }],
    plugins: [{ name: "cors", service: "my-service" }],
  };
  expect(load(document).counts).toMatchObject({ plugins: 2 });
  const keyAuthForConsumer = { ...document, plugins: [{ name: "key-auth", consumer: "my-user" }] };
  expect(() => load(keyAuthForConsumer)).toThrow('declarative config is invalid: {plugins={{consumer="value must be null"}}}');
});

describe("any valid document", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,12}$/);
  const path = fc.stringMatching(/^\/[a-z0-9]{0,8}$/);
  const tags = fc.option(fc.array(fc.stringMatching(/^[a-z ]{1,6}$/), { maxLength: 3 }), { nil: undefined });
  const plugin = fc.constantFrom(
    { name: "key-auth" },
    { name: "cors", config: { origins: ["*"] } },
    { name: "rate-limiting", config: { minute: 5, policy: "local" } },
    { name: "request-termination", config: { status_code: 503 } },
    { name: "correlation-id" },
  );
  const plugins = fc.uniqueArray(plugin, { selector: (one) => one.name, maxLength: 3 });
  const route = fc.record(
    { paths: fc.array(path, { minLength: 1, maxLength: 3 }), strip_path: fc.boolean(), tags, plugins },
    { requiredKeys: ["paths"] },
  );
  const routes = fc.array(route, { maxLength: 3 });
  const service = fc.oneof(
    fc.record({ url: name.map((host) => `http://${host}.test/base`), routes, plugins, tags }, { requiredKeys: ["url"] }),
    fc.record({ host: name, port: fc.integer({ min: 0, max: 65535 }), routes, plugins }, { requiredKeys: ["host"] }),
  );
  const named = <T extends object>(record: fc.Arbitrary<T>, key: string): fc.Arbitrary<object[]> =>
    fc
      .uniqueArray(fc.tuple(name, record), { selector: ([one]) => one, maxLength: 5 })
      .map((list) => list.map(([one, rest]) => ({ ...rest, [key]: one })));
  const document = fc
    .record({
      services: named(service, "name"),
      consumers: named(
        fc.record({ tags, plugins: fc.constant([{ name: "rate-limiting", config: { hour: 1 } }]) }, { requiredKeys: [] }),
        "username",
      ),
      plugins,
    })
    .map((content) => ({ _format_version: "3.0", ...content }));

  it("loads, the same way every time, as object, JSON or YAML", () => {
    fc.assert(
      fc.property(document, (content) => {
        const loaded = load(content);
        const again = load(JSON.stringify(content));
        expect(again.counts).toEqual(loaded.counts);
        expect(parseDocument(stringify(content, { version: "1.1" })).document).toEqual(JSON.parse(JSON.stringify(content)));
        expect(load(content).hash).toBe(loaded.hash);
        for (const entity of ["services", "consumers"]) expect(again.state.get(entity)).toEqual(loaded.state.get(entity));
        expect([...(again.state.get("plugins")?.values() ?? [])].map(({ name }) => name).sort()).toEqual(
          [...(loaded.state.get("plugins")?.values() ?? [])].map(({ name }) => name).sort(),
        );
      }),
      { numRuns: 30 },
    );
  });

  it("has no reference that leads nowhere once it is loaded", () => {
    fc.assert(
      fc.property(document, (content) => {
        const loaded = state(load(content));
        for (const plugin of loaded.all("plugins")) {
          for (const [field, target] of [
            ["service", "services"],
            ["route", "routes"],
            ["consumer", "consumers"],
          ] as const) {
            const reference = plugin[field] as { id: string } | null;
            if (reference) expect(loaded.select(target, reference.id)).toBeDefined();
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

it("never dies of anything but a refusal", () => {
  const keys = [
    "services",
    "routes",
    "plugins",
    "name",
    "host",
    "paths",
    "id",
    "service",
    "config",
    "__proto__",
    "_comment",
    "constructor",
  ];
  const anything = fc.object({
    key: fc.constantFrom(...keys),
    maxDepth: 5,
    maxKeys: 6,
    values: [fc.constantFrom(...keys), fc.integer(), fc.constant(null), fc.boolean()],
  });
  const listed = fc.record({
    _format_version: fc.constantFrom("1.1", "3.0"),
    services: fc.array(anything),
    routes: fc.array(anything),
    plugins: fc.array(anything),
  });
  fc.assert(
    fc.property(fc.oneof(anything, listed), (content) => {
      try {
        load(content);
      } catch (error) {
        expect(error).toMatchObject({ code: 14 });
      }
    }),
    { numRuns: 150 },
  );
});

type Reads = Pick<EntityState, "all" | "eachFor" | "selectByCacheKey">;

function bind(entities: EntityState): Reads {
  return {
    all: entities.all.bind(entities) as EntityState["all"],
    eachFor: entities.eachFor.bind(entities) as EntityState["eachFor"],
    selectByCacheKey: entities.selectByCacheKey.bind(entities) as EntityState["selectByCacheKey"],
  };
}
