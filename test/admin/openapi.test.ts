import { Validator } from "@seriousme/openapi-schema-validator";
import { createGateway, defineEntity, definePlugin, foreign, type Gateway, type OpenApiDocument, str, tags, uuid } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentReader } from "./documented.js";
import { type LiveGateway, live, silent } from "./live.js";
import { serve } from "./support.js";

const apps = defineEntity({
  name: "apps",
  description: "Applications.",
  endpointKey: "name",
  fields: {
    id: uuid({ auto: true }),
    name: str({ required: true, unique: true, example: "shop" }),
    owner: foreign("consumers", { required: true }),
    tags: tags(),
  },
});
const seats = defineEntity({
  name: "seats",
  fields: { id: uuid({ auto: true }), row: str({ match: /^[A-Z]{2}$/, required: true }) },
});
const shop = definePlugin({
  name: "shop",
  version: "1.0.0",
  priority: 1,
  config: {
    type: "object",
    properties: { size: { $ref: "#/definitions/size" } },
    definitions: { size: { enum: ["s", "l"] } },
  },
  entities: { seats },
  adminEndpoints: { "/shop/:shelf": { GET: () => ({ status: 200, body: { fine: true } }), PUT: () => ({ status: 204 }) } },
});

describe("the OpenAPI document", () => {
  let node: LiveGateway;
  let gateway: Gateway;
  let document: OpenApiDocument;

  beforeAll(async () => {
    node = await live({ database: "memory", plugins: [shop], entities: [apps] });
    gateway = node.gateway;
    document = gateway.openapi();
  });
  afterAll(() => node[Symbol.asyncDispose]());

  it("is valid", async () => {
    const { status, body } = await node.ask("GET", "/openapi.json");
    expect(status).toBe(200);
    const { valid, errors } = await new Validator().validate(body);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it("is what the gateway tells its host", async () => {
    const { body } = await node.ask("GET", "/openapi.json");
    expect(JSON.parse(JSON.stringify(document))).toEqual(body);
    expect(gateway.openapi("https://admin.example.com/gateway/").servers).toEqual([{ url: "https://admin.example.com/gateway" }]);
  });

  it("has every path of the API but those that say they are not there", async () => {
    const { data } = (await node.ask("GET", "/endpoints")).body as { data: string[] };
    const missing = data.filter((path) => !(path in document.paths));
    expect(missing.filter((path) => !/filter-chains|\/filters\/|^\/clustering/.test(path))).toEqual([]);
    expect(Object.keys(document.paths).filter((path) => !data.includes(path))).toEqual([]);
  });

  it("has entities of the host and of plugins, and the plugins' endpoints", () => {
    const { paths, components } = document;
    expect(paths["/consumers/{consumers}/apps"]?.post?.operationId).toBe("createAppOfConsumer");
    expect(paths["/seats"]?.get?.tags).toEqual(["seats"]);
    expect(paths["/shop/{shelf}"]?.put?.responses.default).toBeDefined();
    const { schemas = {} } = components as { schemas?: Record<string, { required?: string[] }> };
    expect(schemas.AppInput?.required).toEqual(["name", "owner"]);
    expect(schemas.AppInputWithoutOwner?.required).toEqual(["name"]);
    expect(schemas.App?.required).toEqual(["id", "name", "owner", "tags"]);
    expect(schemas.AppChanges?.required).toBeUndefined();
  });

  it("gives every operation a name of its own that tools can use", () => {
    const names = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/);
    expect(names).toEqual(expect.arrayContaining(["listServices", "createRouteOfService", "getServiceOfRoute", "upsertKeySet"]));
  });

  it("has schemas that compile, and examples that are right by them", () => {
    const reader = new DocumentReader(JSON.parse(JSON.stringify(document)));
    const media = reader.media();
    expect(media.length).toBeGreaterThan(500);
    const without = new Set<string>();
    for (const { at, media: one } of media) {
      expect(() => reader.fault(`${at}/schema`, undefined), at).not.toThrow();
      if (!at.endsWith("application~1json")) continue;
      const examples = Object.values(one.examples ?? {});
      if (examples.length === 0) without.add(at.split("/")[2] ?? "");
      for (const example of examples) expect(reader.fault(`${at}/schema`, reader.resolve(example).value), at).toBeUndefined();
    }
    // Nobody can guess what the pattern of `seats` takes, and no input of the view of tags is right.
    expect([...without].map((path) => path.replaceAll("~1", "/")).sort()).toEqual([
      "/seats",
      "/seats/{seats}",
      "/tags",
      "/tags/{tags}",
    ]);
  }, 60_000);

  it("has examples that the API takes", async () => {
    await using fresh = await live({ database: "memory", plugins: [shop], entities: [apps] });
    const reader = new DocumentReader(JSON.parse(JSON.stringify(document)));
    const refused: string[] = [];
    for (const { at, media } of reader.media()) {
      const [, path = ""] = /^#\/paths\/([^/]+)\/post\/requestBody/.exec(at) ?? [];
      const pattern = path.replaceAll("~1", "/");
      if (!/^\/[a-z_-]+$/.test(pattern) || pattern === "/config" || !at.endsWith("application~1json")) continue;
      for (const example of Object.values(media.examples ?? {})) {
        const { value } = reader.resolve(example) as { value: Record<string, unknown> };
        // What an example refers to is not there, and an invalid reference is all that is wrong.
        const { status, body } = await fresh.ask("POST", pattern, value);
        if (status !== 201) refused.push(`${pattern}: ${body.name}`);
      }
    }
    expect(refused.filter((text) => !text.endsWith("foreign key violation"))).toEqual([]);
  });

  it("asks for a token where the API does", () => {
    expect(document.security).toEqual([]);
    const guarded = createGateway({ logger: silent, admin: { token: "t" } });
    expect(guarded.openapi().security).toEqual([{ token: [] }, { bearer: [] }]);
  });

  it("is right about where the API is, below a mount path too", async () => {
    await using server = await serve((req, res) => {
      const { url = "/" } = req;
      Object.assign(req, { originalUrl: url, url: url.slice("/gateway-admin".length) });
      gateway.admin(req, res);
    });
    const { servers } = (await (await fetch(`${server.url}/gateway-admin/openapi.json`)).json()) as { servers: unknown };
    expect(servers).toEqual([{ url: "/gateway-admin" }]);
  });
});
