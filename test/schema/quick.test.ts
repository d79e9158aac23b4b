import fc from "fast-check";
import { expect, it } from "vitest";
import { compileSchema } from "../../src/schema/compile.js";
import { type EntityDefinition, foreignFields } from "../../src/schema/entity.js";
import { quickCompleter } from "../../src/schema/quick.js";
import { isObject } from "../../src/schema/values.js";
import { isUuid } from "../../src/util/uuid.js";
import { bundledEntities } from "../declarative/bundled.js";
import { recordOf } from "../fuzz/hostile.js";

const now = 1_700_000_000_123;
const clock = { seconds: 1_700_000_000, precise: 1_700_000_000.123 };
const id = "11111111-2222-4333-8444-555555555555";

type Values = Readonly<Record<string, unknown>>;

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined, freq: 2 });
const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> => fc.array(arbitrary, { minLength: 1, maxLength: 4 });
const key = fc.uuid().map((uuid) => ({ id: uuid }));

/** Records that are mostly right, with what authors write. */
const usual: Readonly<Record<string, fc.Arbitrary<Values>>> = {
  services: fc.record(
    {
      name: maybe(name),
      host: name,
      url: maybe(fc.constantFrom("http://a.test:81/x", "https://b.test", "b.test", "grpc://c.test/no")),
      port: maybe(fc.integer({ min: -1, max: 70_000 })),
      retries: maybe(fc.constantFrom(0, 5, null, 1.5)),
      path: maybe(fc.constantFrom("/a", "a", "//", null)),
      protocol: maybe(fc.constantFrom("http", "https", "grpc", "tcp", "ws")),
      tags: maybe(fc.array(fc.constantFrom("a", "b", "c,d"), { maxLength: 4 })),
      enabled: maybe(fc.boolean()),
      tls_verify: maybe(fc.constantFrom(true, null)),
      client_certificate: maybe(key),
      created_at: maybe(fc.constantFrom(5, null, -1)),
      id: maybe(fc.constantFrom(id, "no", null)),
    },
    { requiredKeys: [] },
  ),
  routes: fc.record(
    {
      name: maybe(name),
      paths: maybe(some(fc.constantFrom("/a", "/a/b", "~/a/\\d+$", "/a//b", "a", "~/("))),
      hosts: maybe(some(fc.constantFrom("a.test", "*.a.test", "a.*", "*.*", "a.test:80"))),
      methods: maybe(some(fc.constantFrom("GET", "POST", "get"))),
      headers: maybe(fc.dictionary(fc.constantFrom("x-a", "host", "b c"), some(fc.constantFrom("1", "")), { maxKeys: 2 })),
      protocols: maybe(some(fc.constantFrom("http", "https", "grpc", "tcp", "tls"))),
      snis: maybe(some(fc.constantFrom("a.test", "1.2.3.4"))),
      sources: maybe(some(fc.constantFrom({ ip: "1.2.3.4" }, { port: 80 }, {}))),
      strip_path: maybe(fc.constantFrom(true, false, null)),
      regex_priority: maybe(fc.constantFrom(1, null)),
      service: maybe(key),
    },
    { requiredKeys: [] },
  ),
  plugins: fc.record(
    {
      name: fc.constantFrom("rate-limiting", "key-auth", "cors", "request-termination", "correlation-id", "nobody"),
      config: maybe(
        fc.constantFrom(
          { minute: 5 },
          { minute: 5, policy: "local", limit_by: "header" },
          { second: 10, minute: 5 },
          { redis: { host: "r.test" }, hour: 3 },
          { redis_host: "r.test", minute: 1 },
          { key_names: ["a", "b"] },
          { status_code: 403, message: "no" },
          { origins: ["*"], max_age: 1 },
          {},
        ),
      ),
      protocols: maybe(some(fc.constantFrom("http", "https", "tcp"))),
      enabled: maybe(fc.boolean()),
      instance_name: maybe(name),
      service: maybe(key),
      consumer: maybe(key),
    },
    { requiredKeys: ["name"] },
  ),
  consumers: fc.record({ username: maybe(name), custom_id: maybe(name), tags: maybe(some(name)) }, { requiredKeys: [] }),
  upstreams: fc.record(
    { name, algorithm: maybe(fc.constantFrom("round-robin", "least-connections")) },
    { requiredKeys: ["name"] },
  ),
  targets: fc.record({ target: fc.constantFrom("a.test:80", "1.2.3.4", "?"), weight: maybe(fc.integer()), upstream: maybe(key) }),
  keyauth_credentials: fc.record({ key: name, consumer: maybe(key) }, { requiredKeys: ["key"] }),
};

/** Keys and secrets that nobody chose differ from time to time, whichever way makes them. */
function withoutRandomKeys(value: unknown, given: string): unknown {
  if (typeof value === "string") return /^[A-Za-z0-9]{32}$/.test(value) && !given.includes(value) ? "random" : value;
  if (Array.isArray(value)) return value.map((member) => withoutRandomKeys(member, given));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutRandomKeys(member, given)]));
}

/** Makes both ways do the same record. */
function bothWays(definition: EntityDefinition): (given: Values) => { quick: unknown; thorough: unknown } {
  const names = foreignFields(definition).map(([field]) => field);
  const complete = quickCompleter<null>(definition, "id", new Set());
  const schema = compileSchema(definition);
  return (given) => {
    const quick = complete(given, typeof given.id === "string" ? given.id : id, clock, null, (_, position, written) => {
      if (written === undefined || written === null) return null;
      return names[position] !== undefined && isObject(written) && isUuid(written.id) ? { id: written.id } : undefined;
    });
    if (quick === undefined) return { quick, thorough: undefined };
    const input = { ...given, id: typeof given.id === "string" ? given.id : id };
    const { record, errors } = schema.complete(input, "insert", { now: () => now });
    const text = JSON.stringify(given);
    const thorough = errors ?? schema.validate(record) ?? record;
    return { quick: withoutRandomKeys(quick, text), thorough: withoutRandomKeys(thorough, text) };
  };
}

const withIds = bundledEntities.filter(({ fields, primaryKey }) => primaryKey[0] === "id" && fields.id?.attributes.auto);

it.each(withIds.map((definition) => [definition.name, definition] as const))("%s: hostile records", (_, definition) => {
  const both = bothWays(definition);
  fc.assert(
    fc.property(recordOf(definition.fields), (given) => {
      const { quick, thorough } = both(given as Values);
      expect(quick).toEqual(thorough);
    }),
    { numRuns: 60 },
  );
});

it.each(Object.entries(usual))("%s: usual records, many of which take the quick way", (name, records) => {
  const definition = bundledEntities.find((one) => one.name === name) as EntityDefinition;
  const both = bothWays(definition);
  let taken = 0;
  fc.assert(
    fc.property(records, (given) => {
      const { quick, thorough } = both(given);
      expect(quick).toEqual(thorough);
      if (quick !== undefined) taken += 1;
    }),
    { numRuns: 1000 },
  );
  // The algorithm and the hash of upstreams depend on each other, for which there is no short cut.
  expect(taken > 5).toBe(name !== "upstreams");
});

it("gives every record its own lists, and shares defaults that nobody can change", () => {
  const definition = bundledEntities.find(({ name: one }) => one === "routes") as EntityDefinition;
  const complete = quickCompleter<null>(definition, "id", new Set());
  const paths = ["/a"];
  const [first, second] = [1, 2].map(() => complete({ paths }, id, clock, null, () => null) as Record<string, unknown>);
  expect(first?.paths).toEqual(paths);
  expect(first?.paths).not.toBe(paths);
  expect(first?.protocols).toBe(second?.protocols);
  expect(Object.isFrozen(first?.protocols)).toBe(true);
});
