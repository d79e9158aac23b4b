import fc from "fast-check";
import { defineEntity, type EntityDefinition } from "../../src/schema/entity.js";
import { arrayOf, bool, foreign, int, json, mapOf, num, record, setOf, str } from "../../src/schema/field.js";
import { tags, uuid } from "../../src/schema/typedefs.js";
import { selfSigned } from "./self-signed.js";

/** An entity with a field of every kind. */
export const gadgets: EntityDefinition = defineEntity({
  name: "gadgets",
  endpointKey: "name",
  ttl: true,
  fields: {
    id: uuid({ auto: true }),
    name: str({ unique: true }),
    service: foreign("services"),
    owner: foreign("consumers", { onDelete: "cascade" }),
    text: str({ lenMin: 0 }),
    preset: str({ default: "preset" }),
    secret: str({ auto: true }),
    amount: num({ default: 1.5 }),
    count: int(),
    active: bool({ default: true }),
    list: arrayOf(str({ lenMin: 0 })),
    labels: setOf(str(), { default: ["a"] }),
    map: mapOf(str({ lenMin: 0 }), int()),
    made: record({ a: int({ default: 1 }), b: record({ c: str() }) }),
    optional: record({ a: int({ default: 1 }) }, { required: false }),
    anything: json(),
    tags: tags(),
  },
}) as unknown as EntityDefinition;

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
/** Texts that a careless writer of YAML turns into something else. */
const tricky = fc.constantFrom(
  ..."yes|No|on|~|null|010|0x1f|1:30|1e3|.inf|-|- a|a: b|# a|'|\"|&a|*a|!a|{a}|[a|a\nb\n|a\n\n|\na| a|a |\ta|<<|=|%|@a|`a|é|😀".split(
    "|",
  ),
);
const text = fc.oneof(tricky, fc.string({ maxLength: 8 }), fc.string({ unit: "binary", maxLength: 6 }));
const nonEmpty = text.filter((value) => value !== "");
const tagList = fc.array(fc.constantFrom("a", "yes", "010", "é", "a b", "1:30"), { maxLength: 3 });

/** A field that is absent, null, or has a value. */
function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: value },
  );
}

/** JSON and YAML write it as 0. */
function withoutMinusZero<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const gadget = fc.record({
  name: maybe(fc.uuid().map((id) => `g-${id}`)),
  text: maybe(text),
  preset: maybe(nonEmpty),
  secret: fc.option(nonEmpty, { nil: undefined }),
  amount: maybe(fc.double({ noNaN: true, noDefaultInfinity: true }).map(withoutMinusZero)),
  count: maybe(fc.integer()),
  active: maybe(fc.boolean()),
  list: maybe(fc.array(text, { maxLength: 3 })),
  labels: maybe(fc.array(nonEmpty, { maxLength: 3 })),
  map: maybe(fc.dictionary(text, fc.integer(), { maxKeys: 3 })),
  made: fc.option(fc.record({ a: maybe(fc.integer()), b: fc.option(fc.record({ c: maybe(nonEmpty) }), { nil: undefined }) }), {
    nil: undefined,
  }),
  optional: maybe(fc.record({ a: maybe(fc.integer()) })),
  anything: maybe(fc.jsonValue({ maxDepth: 3 }).map(withoutMinusZero)),
  tags: maybe(tagList),
  ttl: fc.option(fc.integer({ min: 2_000_000_000, max: 3_000_000_000 }), { nil: undefined }),
});

const plugin = fc.constantFrom(
  { name: "rate-limiting", config: { minute: 5 } },
  { name: "rate-limiting", config: { hour: 1, limit_by: "header", header_name: "x" }, enabled: false },
  { name: "cors", config: { origins: ["https://a.test"], methods: null } },
  { name: "correlation-id", tags: ["yes"] },
);
const globalPlugins = fc.uniqueArray(plugin, { maxLength: 2, selector: ({ name: own }) => own });

const route = fc.record({
  name: maybe(fc.uuid().map((id) => `r-${id}`)),
  paths: fc.uniqueArray(fc.constantFrom("/", "/a", "~/a/(?<id>[^/]+)$", "/b/"), { minLength: 1, maxLength: 2 }),
  methods: maybe(fc.constant(["GET", "PUT"])),
  headers: maybe(fc.constant({ "x-a": ["yes", "010"] })),
  strip_path: fc.option(fc.boolean(), { nil: undefined }),
  tags: maybe(tagList),
  plugins: globalPlugins,
});

const service = fc.record({
  url: fc.constantFrom("http://a.test", "https://b.test:8443/base", "http://[::1]:81"),
  retries: maybe(fc.integer({ min: 0, max: 9 })),
  tags: maybe(tagList),
  enabled: fc.option(fc.boolean(), { nil: undefined }),
  routes: fc.array(route, { maxLength: 2 }),
  plugins: globalPlugins,
  gadgets: fc.array(gadget, { maxLength: 2 }),
});

const consumer = fc.record({
  custom_id: maybe(fc.uuid()),
  tags: maybe(tagList),
  keyauth_credentials: fc.array(fc.record({ key: fc.option(fc.uuid(), { nil: undefined }), tags: maybe(tagList) }), {
    maxLength: 2,
  }),
  basicauth_credentials: fc.array(
    fc.record({ username: fc.uuid(), password: nonEmpty.filter((value) => !value.includes("\0")) }),
    {
      maxLength: 1,
    },
  ),
  acls: fc.uniqueArray(fc.record({ group: fc.constantFrom("gold", "yes", "0") }), {
    maxLength: 2,
    selector: ({ group }) => group,
  }),
});

const upstream = fc.record({
  algorithm: fc.option(fc.constantFrom("round-robin", "least-connections"), { nil: undefined }),
  hash_on: fc.option(fc.constantFrom("none", "ip"), { nil: undefined }),
  healthchecks: fc.option(fc.constant({ active: { healthy: { interval: 3 } } }), { nil: undefined }),
  targets: fc.uniqueArray(
    fc.record({ target: fc.constantFrom("a.test:80", "10.0.0.1:81"), weight: fc.integer({ min: 0, max: 9 }) }),
    {
      maxLength: 2,
      selector: ({ target }) => target,
    },
  ),
});

/** Gives the members of a list names of their own. */
function named<T extends object>(field: string, list: fc.Arbitrary<T[]>): fc.Arbitrary<object[]> {
  return fc
    .tuple(list, fc.uniqueArray(name, { minLength: 4, maxLength: 4 }))
    .map(([items, names]) => items.map((item, index) => ({ ...item, [field]: names[index] })));
}

/** Documents that load: everything nested, by name and by id, set, null and absent. */
export const validDocuments: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .record({
    services: named("name", fc.array(service, { maxLength: 3 })),
    consumers: named("username", fc.array(consumer, { maxLength: 3 })),
    upstreams: named("name", fc.array(upstream, { maxLength: 2 })),
    plugins: globalPlugins,
    gadgets: fc.array(gadget, { maxLength: 2 }),
    withCertificate: fc.boolean(),
  })
  .map(({ withCertificate, ...lists }) => {
    const [first] = lists.services as { readonly name?: string }[];
    const [owner] = lists.consumers as { readonly username?: string }[];
    const id = "3f1c1b7e-7a0b-4c55-9d52-0d6a5c0f7b11";
    return {
      _format_version: "3.0",
      ...lists,
      ...(first && owner
        ? {
            plugins: [...lists.plugins, { name: "request-termination", service: first.name, consumer: owner.username }],
            gadgets: [...lists.gadgets, { service: first.name, owner: owner.username }, { owner: owner.username }],
          }
        : {}),
      ...(withCertificate
        ? {
            certificates: [{ id, cert: selfSigned.cert, key: selfSigned.key, snis: [{ name: "a.test" }, { name: "*.b.test" }] }],
            services: [...lists.services, { url: "https://c.test", client_certificate: id, name: "with-certificate" }],
          }
        : {}),
    };
  });
