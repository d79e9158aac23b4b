import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ErrorObject } from "ajv";
import { createGateway, defineEntity, definePlugin, foreign, int, OptionsError, str, uuid } from "postern";
import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/declarative/yaml.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ajv = new Ajv({ strict: false, allErrors: true, formats: { uuid: true } });
const schema = createGateway().configSchema();
const validate = ajv.compile(schema);

function faultsOf(yaml: string): string[] {
  validate(readYaml(yaml).value);
  return (validate.errors ?? []).map(({ instancePath, message, params }: ErrorObject) =>
    [instancePath, message, params.additionalProperty].filter((part) => part !== undefined && part !== "").join(" "),
  );
}

const files = ["README.md", "docs", "examples"].flatMap((path) =>
  path.endsWith(".md")
    ? [path]
    : readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
        .filter((file) => /\.(md|ya?ml)$/.test(file) && !file.includes("node_modules"))
        .map((file) => `${path}/${file}`),
);
const documents = files.flatMap((path) => {
  const text = readFileSync(join(root, path), "utf8");
  const blocks = path.endsWith(".md") ? [...text.matchAll(/```ya?ml\n([\s\S]*?)```/g)].map(([, block = ""]) => block) : [text];
  return blocks
    .filter((block) => block.includes("_format_version"))
    .map((yaml, index) => ({ name: `${path}, ${index + 1}`, yaml }));
});

const corpus = process.env.POSTERN_CORPUS;

function loads(text: string): boolean {
  try {
    createGateway({ declarativeConfigString: text });
    return true;
  } catch {
    return false;
  }
}

describe("the JSON Schema of documents", () => {
  it("is a schema of draft 7, which editors know", () => {
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  it("finds the examples", () => {
    expect(documents.length).toBeGreaterThan(8);
  });

  it.each(documents)("takes $name", ({ yaml }) => {
    expect(faultsOf(yaml)).toEqual([]);
  });

  it("takes all that may be written in more than one way", () => {
    const yaml = `
_format_version: "3.0"
_transform: false
_comment: all of it
_ignore: [&limits { name: rate-limiting, config: { minute: 5, redis_host: r.test } }, 5]
services:
- name: a
  url: http://a.test:80/x
  _comment: nested
  routes:
  - paths: [/a, /a]
    plugins: [*limits, { name: key-auth, consumer: null, config: { key_names: [k] } }]
- host: b.test
  tags: null
consumers:
- username: alice
  keyauth_credentials: [{ key: "{vault://env/key}", ttl: 60 }]
  acls: [{ group: g }]
acls: [{ consumer: alice, group: h }]
certificates:
- cert: "{vault://env/cert}"
  key: "{vault://env/key}"
  snis: [{ name: a.test }]
upstreams: [{ name: u, targets: [{ target: "a.test:80" }], _ignore: [1] }]
targets: [{ target: "b.test:80", upstream: u }]
routes:
- { protocols: [tcp], destinations: [{ port: 1 }], service: { id: 3f8b1a52-6d1e-4f57-9c9f-0c8cfe1b4a10 } }
plugins: null
`;
    expect(faultsOf(yaml)).toEqual([]);
  });

  it.each([
    ["services: []", "must have required property '_format_version'"],
    ['_format_version: "9"', "/_format_version must be equal to one of the allowed values"],
    ["servces: []", "must NOT have additional properties servces"],
    ["services: {}", "/services must be array,null"],
    ["services: [{ host: a, porrt: 80 }]", "/services/0 must NOT have additional properties porrt"],
    ["services: [{ host: a, port: eighty }]", "/services/0/port must be integer"],
    ["services: [{ host: a, port: 80800 }]", "/services/0/port must be <= 65535"],
    ["services: [{ host: a, protocol: htp }]", "/services/0/protocol must be equal to one of the allowed values"],
    ["services: [{ name: a }]", "/services/0 must have required property 'host'"],
    ["services: [{ host: a, routes: [{ paths: /a }] }]", "/services/0/routes/0/paths must be array,null"],
    ["services: [{ host: a, consumers: [] }]", "/services/0 must NOT have additional properties consumers"],
    ["plugins: [{ name: key-oath }]", "/plugins/0/name must be equal to one of the allowed values"],
    [
      "plugins: [{ name: key-auth, config: { key_name: [a] } }]",
      "/plugins/0/config must NOT have additional properties key_name",
    ],
    ["plugins: [{ name: rate-limiting, config: { minute: many } }]", "/plugins/0/config/minute must be number,null"],
    ["routes: [{ paths: [/], plugins: [{ name: cors, config: { max_age: x } }] }]", "/routes/0/plugins/0/config/max_age must be"],
    ["targets: [{ target: a }]", "/targets/0 must have required property 'upstream'"],
    ["acls: [{ group: a }]", "/acls/0 must have required property 'consumer'"],
  ])("refuses %s", (yaml, fault) => {
    const text = yaml.startsWith("_format_version") || yaml === "services: []" ? yaml : `_format_version: "3.0"\n${yaml}`;
    expect(faultsOf(text)).toContainEqual(expect.stringContaining(fault));
  });

  it.runIf(corpus)("refuses no recorded document that loads", async () => {
    const texts = readdirSync(corpus as string).filter((file) => file.endsWith(".yml"));
    const refused: string[] = [];
    for (const file of texts) {
      const text = readFileSync(join(corpus as string, file), "utf8");
      if (loads(text)) refused.push(...faultsOf(text).map((fault) => `${file}: ${fault}`));
    }
    expect(refused).toEqual([]);
  });

  it("describes every field, with its default", () => {
    const { definitions } = schema as { definitions: Record<string, { properties: Record<string, Record<string, unknown>> }> };
    const bare = Object.entries(definitions).flatMap(([name, { properties }]) =>
      Object.entries(properties).flatMap(([field, { description }]) => (description === undefined ? [`${name}.${field}`] : [])),
    );
    expect(bare).toEqual([]);
    expect(definitions.services?.properties.retries?.markdownDescription).toMatch(/\n\nDefault: `5`$/);
  });

  it("knows the plugins and entities of the host, and no views", () => {
    const widgets = defineEntity({
      name: "widgets",
      description: "Things.",
      endpointKey: "name",
      fields: { id: uuid({ auto: true }), name: str({ unique: true }), owner: foreign("consumers", { required: true }) },
    });
    const mine = definePlugin({ name: "mine", version: "1.0.0", priority: 1, config: { limit: int({ required: true }) } });
    const own = createGateway({ plugins: [mine], entities: [widgets] }).configSchema();
    const check = new Ajv({ strict: false, formats: { uuid: true } }).compile(own);
    const fine = {
      _format_version: "3.0",
      widgets: [{ name: "w", owner: "alice" }],
      plugins: [{ name: "mine", config: { limit: 1 } }],
    };
    expect(check(fine)).toBe(true);
    expect(check({ ...fine, widgets: [{ name: "w" }] })).toBe(false);
    expect(check({ ...fine, plugins: [{ name: "mine", config: { limit: "x" } }] })).toBe(false);
    expect(check({ _format_version: "3.0", consumers: [{ username: "alice", widgets: [{ name: "w" }] }] })).toBe(true);
    expect(own.definitions).not.toHaveProperty("tags");
  });

  it("gives the schema of one entity", () => {
    const one = createGateway().configSchema({ entity: "targets" });
    const check = new Ajv({ strict: false, formats: { uuid: true } }).compile(one);
    expect(check({ target: "a.test:80", upstream: "u" })).toBe(true);
    expect(check({ target: "a.test:80" })).toBe(false);
    expect(check({ target: "a.test:80", upstream: "u", wait: 1 })).toBe(false);
    expect(() => createGateway().configSchema({ entity: "target" })).toThrow(OptionsError);
  });
});
