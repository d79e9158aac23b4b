import { describe, expectTypeOf, it } from "vitest";
import type { Consumer } from "../../src/entities/consumers.js";
import type { Plugin, PluginInput } from "../../src/entities/plugins.js";
import type { Route, RouteInput, routes } from "../../src/entities/routes.js";
import type { Service, ServiceInput, services } from "../../src/entities/services.js";
import type { Target, TargetInput } from "../../src/entities/targets.js";
import type { Upstream, UpstreamInput, upstreams } from "../../src/entities/upstreams.js";
import type { KeyauthCredential, KeyauthCredentialInput } from "../../src/plugins/key-auth/entities.js";
import type { ForeignKey, ForeignKeyInput } from "../../src/schema/attributes.js";
import { defineEntity, type EntityDefinition, type Infer, type InferInput } from "../../src/schema/entity.js";
import { arrayOf, bool, foreign, int, json, mapOf, oneOf, record, setOf, str } from "../../src/schema/field.js";
import type { Protocol } from "../../src/schema/protocols.js";
import { uuid } from "../../src/schema/typedefs.js";

describe("entities as stored", () => {
  it("have no null where a field is required or filled", () => {
    expectTypeOf<Service["id"]>().toEqualTypeOf<string>();
    expectTypeOf<Service["created_at"]>().toEqualTypeOf<number>();
    expectTypeOf<Service["port"]>().toEqualTypeOf<number>();
    expectTypeOf<Service["host"]>().toEqualTypeOf<string>();
    expectTypeOf<Service["enabled"]>().toEqualTypeOf<boolean>();
    expectTypeOf<Target["upstream"]>().toEqualTypeOf<ForeignKey<"upstreams">>();
    expectTypeOf<KeyauthCredential["key"]>().toEqualTypeOf<string>();
  });

  it("have null where a field may be unset, default or not", () => {
    expectTypeOf<Service["path"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Service["retries"]>().toEqualTypeOf<number | null>();
    expectTypeOf<Service["tags"]>().toEqualTypeOf<string[] | null>();
    expectTypeOf<Route["service"]>().toEqualTypeOf<ForeignKey<"services"> | null>();
    expectTypeOf<Consumer["username"]>().toEqualTypeOf<string | null>();
  });

  it("know their words", () => {
    expectTypeOf<Service["protocol"]>().toEqualTypeOf<Protocol>();
    expectTypeOf<Protocol>().toEqualTypeOf<"grpc" | "grpcs" | "http" | "https" | "tcp" | "tls" | "tls_passthrough" | "udp">();
    expectTypeOf<Route["protocols"]>().toEqualTypeOf<Protocol[]>();
    expectTypeOf<Route["path_handling"]>().toEqualTypeOf<"v0" | "v1" | null>();
  });

  it("have complete nested records", () => {
    expectTypeOf<Upstream["healthchecks"]["active"]["healthy"]["http_statuses"]>().toEqualTypeOf<number[] | null>();
    expectTypeOf<Upstream["healthchecks"]["active"]["https_verify_certificate"]>().toEqualTypeOf<boolean>();
    expectTypeOf<Upstream["healthchecks"]["active"]["headers"]>().toEqualTypeOf<Record<string, string[]> | null>();
    expectTypeOf<Route["sources"]>().toEqualTypeOf<{ ip: string | null; port: number | null }[] | null>();
    expectTypeOf<Plugin["config"]>().toEqualTypeOf<Record<string, unknown>>();
  });
});

describe("entities as given", () => {
  it("need only what has no default", () => {
    expectTypeOf<{ name: string }>().toExtend<UpstreamInput>();
    expectTypeOf<{ paths: string[] }>().toExtend<RouteInput>();
    expectTypeOf<{ name: string }>().toExtend<PluginInput>();
    expectTypeOf<{ target: string; upstream: { id: string } }>().toExtend<TargetInput>();
    expectTypeOf<{ consumer: { id: string } }>().toExtend<KeyauthCredentialInput>();
    expectTypeOf<Record<never, never>>().not.toExtend<UpstreamInput>();
    expectTypeOf<Record<never, never>>().not.toExtend<KeyauthCredentialInput>();
  });

  it("take a service by host or by URL", () => {
    expectTypeOf<{ host: string }>().toExtend<ServiceInput>();
    expectTypeOf<{ url: string; name: string }>().toExtend<ServiceInput>();
    expectTypeOf<{ name: string }>().not.toExtend<ServiceInput>();
    // @ts-expect-error a service needs a host or a url
    const nowhere: ServiceInput = { name: "orders" };
    // @ts-expect-error there is no such field
    const misspelt: ServiceInput = { host: "orders.test", pathh: "/" };
    // @ts-expect-error not one of the protocols
    const unknown: ServiceInput = { host: "orders.test", protocol: "gopher" };
    void [nowhere, misspelt, unknown];
  });

  it("are what the definitions say", () => {
    expectTypeOf<InferInput<typeof services>>().toEqualTypeOf<ServiceInput>();
    expectTypeOf<Infer<typeof services>>().toEqualTypeOf<Service>();
    expectTypeOf<InferInput<typeof routes>>().toEqualTypeOf<RouteInput>();
    expectTypeOf<Infer<typeof routes>>().toEqualTypeOf<Route>();
    expectTypeOf<InferInput<typeof upstreams>>().toEqualTypeOf<UpstreamInput>();
  });

  it("take a reference by id or by a unique field", () => {
    expectTypeOf<RouteInput["service"]>().toEqualTypeOf<ForeignKeyInput<"services"> | null | undefined>();
    expectTypeOf<{ name: string }>().toExtend<ForeignKeyInput>();
    expectTypeOf<{ id: string }>().toExtend<ForeignKeyInput>();
  });

  it("refuse the key of another entity", () => {
    const plugin = {} as Plugin;
    const right: PluginInput = { name: "cors", service: plugin.service, route: { id: "…" } };
    // @ts-expect-error a service is no consumer
    const wrong: PluginInput = { name: "cors", consumer: plugin.service };
    void [right, wrong];
    expectTypeOf<ForeignKey<"services">>().toExtend<ForeignKey>();
  });

  it("take parts of nested records", () => {
    expectTypeOf<{ name: string; healthchecks: { active: { healthy: { interval: number } } } }>().toExtend<UpstreamInput>();
    expectTypeOf<RouteInput["id"]>().toEqualTypeOf<string | null | undefined>();
  });
});

describe("definitions of one's own", () => {
  const apps = defineEntity({
    name: "apps",
    endpointKey: "name",
    fields: {
      id: uuid({ auto: true }),
      name: str({ required: true, validator: (value) => (value.startsWith("x") ? "no x" : undefined) }),
      kind: oneOf(["web", "native"], { required: true, default: "web" }),
      owner: foreign("consumers", { required: true }),
      limits: record({ burst: int({ required: true }), hard: bool({ required: true, default: false }) }),
      extra: record({ note: str() }, { required: false }),
      labels: mapOf(str(), setOf(str())),
      hooks: arrayOf(record({ url: str({ required: true }), on: oneOf(["start", "stop"]) })),
      raw: json(),
    },
  });

  it("are inferred", () => {
    type App = Infer<typeof apps>;
    expectTypeOf<App["kind"]>().toEqualTypeOf<"web" | "native">();
    expectTypeOf<App["owner"]>().toEqualTypeOf<ForeignKey<"consumers">>();
    expectTypeOf<App["limits"]>().toEqualTypeOf<{ burst: number; hard: boolean }>();
    expectTypeOf<App["extra"]>().toEqualTypeOf<{ note: string | null } | null>();
    expectTypeOf<App["labels"]>().toEqualTypeOf<Record<string, string[]> | null>();
    expectTypeOf<App["hooks"]>().toEqualTypeOf<{ url: string; on: "start" | "stop" | null }[] | null>();
    expectTypeOf<App["raw"]>().toEqualTypeOf<unknown>();
  });

  it("need a record whose members are needed", () => {
    type AppInput = InferInput<typeof apps>;
    expectTypeOf<{ name: string; owner: { id: string }; limits: { burst: number } }>().toExtend<AppInput>();
    expectTypeOf<{ name: string; owner: { id: string } }>().not.toExtend<AppInput>();
    expectTypeOf<AppInput["extra"]>().toEqualTypeOf<{ readonly note?: string | null } | null | undefined>();
  });

  it("fit where any definition does", () => {
    expectTypeOf(apps).toExtend<EntityDefinition>();
    expectTypeOf(apps.name).toEqualTypeOf<"apps">();
  });

  it("name fields that exist", () => {
    // @ts-expect-error `title` is no field
    const wrong = () => defineEntity({ name: "wrong", endpointKey: "title", fields: { id: uuid({ auto: true }), name: str() } });
    void wrong;
  });
});
