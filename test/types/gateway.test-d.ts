import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expectTypeOf, it } from "vitest";
import {
  arrayOf,
  bool,
  type Consumer,
  createGateway,
  defineEntity,
  definePlugin,
  foreign,
  type GatewayContext,
  getGatewayContext,
  int,
  type LoadResult,
  oneOf,
  type Route,
  type Service,
  str,
} from "../../src/index.js";

const tokens = defineEntity({
  name: "tokens",
  primaryKey: ["id"],
  fields: {
    id: str({ required: true }),
    token: str({ required: true, unique: true }),
    uses: int({ default: 0 }),
    consumer: foreign("consumers", { required: true }),
  },
});

const tokenPlugin = definePlugin({
  name: "token",
  version: "1.0.0",
  priority: 1000,
  entities: { tokens },
  config: {
    header: str({ required: true, default: "x-token" }),
    strict: bool(),
    limit: int({ required: true }),
    hosts: arrayOf(str({ required: true })),
    mode: oneOf(["a", "b"], { default: "a" }),
  },
  access(pdk, config) {
    expectTypeOf(config.header).toEqualTypeOf<string>();
    expectTypeOf(config.strict).toEqualTypeOf<boolean | null>();
    expectTypeOf(config.limit).toEqualTypeOf<number>();
    expectTypeOf(config.hosts).toEqualTypeOf<string[] | null>();
    expectTypeOf(config.mode).toEqualTypeOf<"a" | "b" | null>();
    // @ts-expect-error: there is no such field
    void config.nothing;

    expectTypeOf(pdk.request.getHeader("x")).toEqualTypeOf<string | undefined>();
    expectTypeOf(pdk.client.getConsumer()).toEqualTypeOf<Consumer | null>();
    expectTypeOf(pdk.router.getRoute()).toEqualTypeOf<Route | null>();
    expectTypeOf(pdk.router.getService()).toEqualTypeOf<Service | null>();
    const found = pdk.db.tokens.selectBy("token", "x");
    expectTypeOf<NonNullable<Awaited<typeof found>>["token"]>().toEqualTypeOf<string>();
    expectTypeOf<NonNullable<Awaited<typeof found>>["consumer"]>().toExtend<{ id: string }>();
    // @ts-expect-error: not a field of the entity
    void pdk.db.tokens.selectBy("nothing", "x");
    // @ts-expect-error: not an entity of the plugin
    void pdk.db.others;
  },
  headerFilter(pdk) {
    expectTypeOf(pdk.response.getStatus()).toEqualTypeOf<number>();
  },
  bodyFilter(_pdk, _config, chunk) {
    expectTypeOf(chunk.data).toEqualTypeOf<Buffer>();
    expectTypeOf(chunk.last).toEqualTypeOf<boolean>();
    return chunk.data;
  },
  configure(configs) {
    expectTypeOf(configs?.[0]?.limit).toEqualTypeOf<number | undefined>();
  },
});

describe("createGateway", () => {
  const gateway = createGateway({ plugins: [tokenPlugin] });

  it("types the core entities", () => {
    expectTypeOf(gateway.db.services.select).returns.resolves.toEqualTypeOf<Service | undefined>();
    expectTypeOf(gateway.db.routes.select).returns.resolves.toEqualTypeOf<Route | undefined>();
    expectTypeOf(gateway.db.consumers.select).returns.resolves.toEqualTypeOf<Consumer | undefined>();
  });

  it("types the entities of the plugins that it was given", () => {
    type Token = NonNullable<Awaited<ReturnType<typeof gateway.db.tokens.select>>>;
    expectTypeOf<Token["token"]>().toEqualTypeOf<string>();
    expectTypeOf<Token["uses"]>().toEqualTypeOf<number | null>();
    // @ts-expect-error: nobody brings that
    void gateway.db.nothing;
  });

  it("gives a handler for http and middleware", () => {
    expectTypeOf(gateway.handler).toBeCallableWith({} as IncomingMessage, {} as ServerResponse);
    expectTypeOf(gateway.handler).toBeCallableWith({} as IncomingMessage, {} as ServerResponse, () => undefined);
    expectTypeOf(gateway.loadConfig).returns.resolves.toEqualTypeOf<LoadResult>();
    expectTypeOf(gateway.close).returns.resolves.toEqualTypeOf<void>();
    gateway.on("config:loaded", (result) => expectTypeOf(result).toEqualTypeOf<LoadResult>());
    gateway.on("config:rejected", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    // @ts-expect-error: there is no such event
    gateway.on("config:nothing", () => undefined);
  });

  it("takes a document, its text, or a path", () => {
    expectTypeOf(gateway.loadConfig).toBeCallableWith({ _format_version: "3.0", services: [] });
    expectTypeOf(gateway.loadConfig).toBeCallableWith("_format_version: '3.0'");
    expectTypeOf(gateway.loadConfig).toBeCallableWith({ path: "./gateway.yml" });
    // @ts-expect-error: there is no such option
    createGateway({ nothing: true });
  });

  it("tells the host what it found", () => {
    expectTypeOf(getGatewayContext).returns.toEqualTypeOf<GatewayContext | undefined>();
    expectTypeOf<GatewayContext["consumer"]>().toEqualTypeOf<Consumer | null>();
  });
});
