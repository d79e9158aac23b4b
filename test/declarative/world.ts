import { defineEntity, type EntityDefinition } from "../../src/schema/entity.js";
import { abstractRecord, arrayOf, foreign, int, mapOf, oneOf, record, setOf, str } from "../../src/schema/field.js";

const id = str({ uuid: true, auto: true });
const name = str({ unique: true });
const tags = setOf(str());
const times = { created_at: int({ auto: true, timestamp: true }), updated_at: int({ auto: true, timestamp: true }) };
const consumer = foreign("consumers", { required: true, onDelete: "cascade" });

const rateLimiting = record(
  { minute: int(), redis: record({ host: str() }) },
  {
    shorthands: {
      redis_host: {
        field: str(),
        expand: (value: never) => ({ redis: { host: value } }),
        deprecated: { message: "use redis.host", removalInVersion: "4.0", replacedBy: "redis.host" },
      },
    },
  },
);

/** Entities like Kong's, as small as the tests of the document format allow. */
export const world: readonly EntityDefinition[] = [
  defineEntity({
    name: "workspaces",
    endpointKey: "name",
    cacheKey: ["name"],
    workspaceable: false,
    fields: { id, name: str({ required: true, unique: true }), ...times },
  }),
  defineEntity({
    name: "certificates",
    fields: { id, ...times, cert: str({ required: true }), tags, snis: arrayOf(str(), { transient: true }) },
  }),
  defineEntity({
    name: "consumers",
    endpointKey: "username",
    fields: { id, ...times, username: str({ unique: true }), custom_id: str({ unique: true }), tags },
  }),
  defineEntity({ name: "key_sets", endpointKey: "name", fields: { id, name } }),
  defineEntity({
    name: "keys",
    endpointKey: "name",
    cacheKey: ["kid", "set"],
    fields: { id, name, kid: str({ required: true }), set: foreign("key_sets", { onDelete: "cascade" }) },
  }),
  defineEntity({
    name: "services",
    endpointKey: "name",
    fields: {
      id,
      ...times,
      name,
      host: str({ required: true }),
      port: int({ default: 80, between: [0, 65535] }),
      protocol: oneOf(["http", "https"], { default: "http" }),
      read_timeout: int({ default: 60000 }),
      client_certificate: foreign("certificates"),
      ca_certificates: arrayOf(str({ uuid: true })),
      tags,
    },
    shorthands: {
      url: {
        field: str(),
        expand: (value: never) => ({ host: new URL(value).hostname, port: Number(new URL(value).port || 80) }),
      },
    },
  }),
  defineEntity({
    name: "routes",
    endpointKey: "name",
    fields: {
      id,
      ...times,
      name,
      paths: arrayOf(
        str({ matchAny: { patterns: [/^\//, /^~\//], err: "should start with: / (fixed path) or ~/ (regex path)" } }),
      ),
      snis: setOf(str()),
      headers: mapOf(str(), arrayOf(str())),
      service: foreign("services"),
      tags,
    },
    checks: [{ kind: "at_least_one_of", fields: ["paths", "snis", "headers"] }],
  }),
  defineEntity({
    name: "plugins",
    endpointKey: "instance_name",
    cacheKey: ["name", "route", "service", "consumer"],
    fields: {
      id,
      ...times,
      name: str({ required: true }),
      instance_name: str({ unique: true }),
      route: foreign("routes", { onDelete: "cascade" }),
      service: foreign("services", { onDelete: "cascade" }),
      consumer: foreign("consumers", { onDelete: "cascade" }),
      config: abstractRecord(),
      tags,
    },
    subschemaKey: "name",
    subschemaError: "plugin '%s' not enabled; add it to the 'plugins' configuration property",
    subschemas: {
      "key-auth": { fields: { config: record({ key_names: arrayOf(str(), { default: ["apikey"] }) }) } },
      "rate-limiting": { fields: { config: rateLimiting } },
    },
  }),
  defineEntity({
    name: "snis",
    endpointKey: "name",
    fields: { id, name: str({ required: true, unique: true }), certificate: foreign("certificates", { required: true }) },
  }),
  defineEntity({ name: "upstreams", endpointKey: "name", fields: { id, name: str({ required: true, unique: true }) } }),
  defineEntity({
    name: "targets",
    endpointKey: "target",
    cacheKey: ["upstream", "target"],
    fields: { id, target: str({ required: true }), upstream: foreign("upstreams", { required: true, onDelete: "cascade" }) },
  }),
  defineEntity({
    name: "vaults",
    endpointKey: "prefix",
    cacheKey: ["prefix"],
    fields: { id, prefix: str({ required: true, unique: true }), name: str() },
  }),
  defineEntity({ name: "acls", cacheKey: ["consumer", "group"], fields: { id, group: str({ required: true }), consumer } }),
  {
    ...defineEntity({
      name: "basicauth_credentials",
      endpointKey: "username",
      cacheKey: ["username"],
      fields: { id, username: str({ required: true, unique: true }), password: str({ required: true }), consumer },
    }),
    transformations: [
      {
        input: ["password"],
        needs: ["consumer.id"],
        onWrite: (row) => ({ password: `hash(${row.password as string}+${(row.consumer as { id: string }).id})` }),
      },
    ],
  },
  defineEntity({
    name: "hmacauth_credentials",
    endpointKey: "username",
    cacheKey: ["username"],
    fields: { id, username: str({ required: true, unique: true }), consumer },
  }),
  defineEntity({
    name: "keyauth_credentials",
    endpointKey: "key",
    cacheKey: ["key"],
    ttl: true,
    fields: { id, key: str({ auto: true, unique: true }), consumer, tags },
  }),
];
