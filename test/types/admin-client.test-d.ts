import { expectTypeOf } from "vitest";
import { createAdminClient } from "../../src/admin-client/client.js";
import type { Route } from "../../src/entities/routes.js";
import type { Service } from "../../src/entities/services.js";
import { defineEntity } from "../../src/schema/entity.js";
import { type ForeignKey, foreign, str } from "../../src/schema/field.js";
import { uuid } from "../../src/schema/typedefs.js";

const apps = defineEntity({
  name: "apps",
  endpointKey: "name",
  fields: { id: uuid({ auto: true }), name: str({ required: true }), owner: foreign("consumers", { required: true }) },
});
const client = createAdminClient({ url: "http://127.0.0.1:8001", entities: [apps] });
const plain = createAdminClient({ url: "http://127.0.0.1:8001" });

const service = await client.services.create({ name: "orders", url: "http://orders.test" });
expectTypeOf(service).toEqualTypeOf<Service>();
expectTypeOf(client.services.get("orders")).resolves.toEqualTypeOf<Service | undefined>();
expectTypeOf((await client.routes.list({ size: 10, tags: "a,b" })).data).toEqualTypeOf<Route[]>();
for await (const route of client.services.of(service).routes.each())
  expectTypeOf(route.service).toEqualTypeOf<ForeignKey<"services"> | null>();

// What the path gives, the input need not.
void client.services.of("orders").routes.create({ paths: ["/a"] });
void client.consumers.of("alice").keyauth_credentials.create({ key: "k", ttl: 60 });
void client.consumers.of("alice").apps.create({ name: "shop" });
void client.snis.upsert("a.test", { certificate: { id: "0" } });
void client.consumers.list({ custom_id: "x" });
void client.upstreams.of("a").targets.create({ target: "10.0.0.1:80" });
void client.upstreams.setTargetHealth("a", "10.0.0.1:80", false);
expectTypeOf((await client.apps.get("shop"))?.owner).toEqualTypeOf<ForeignKey<"consumers"> | undefined>();
void client.validate("apps", {});

// @ts-expect-error there is no such entity
void client.servces;
// @ts-expect-error not without saying so
void plain.apps;
// @ts-expect-error not in the Admin API
void client.workspaces;
// @ts-expect-error below upstreams only
void client.targets;
// @ts-expect-error no such field
void client.services.create({ name: "orders", host: "a.test", prot: 80 });
// @ts-expect-error a service needs a host
void client.keys.create({ name: "k" });
// @ts-expect-error routes do not belong to consumers
void client.consumers.of("alice").routes;
// @ts-expect-error a record of another entity
void client.routes.get(service);
// @ts-expect-error targets are not made by `upsert`
void client.upstreams.of("a").targets.upsert;
// @ts-expect-error consumers are asked for by `custom_id`, services are not
void client.services.list({ custom_id: "x" });
// @ts-expect-error credentials of ACME have no tags
void client.acme_storage.list({ tags: "a" });
// @ts-expect-error there is no such entity to validate
void client.validate("servces", {});
