import { expect, it } from "vitest";
import { loadAll, rows } from "./support.js";

const service = (more: object = {}): object => ({ services: [{ name: "s1", host: "h", ...more }] });
const bob = { consumers: [{ username: "bob" }] };

it.each<[string, object, string, string]>([
  ["a service", { services: [{ name: "my-service", host: "h" }] }, "services", "0855b320-0dd2-547d-891d-601e9b38647f"],
  ["a service", service(), "services", "356ebaf8-b7af-5cba-99a1-f392e34730ab"],
  ["a route", { routes: [{ name: "my-route", paths: ["/"] }] }, "routes", "481a9539-f49c-51b6-b2e2-fe99ee68866c"],
  ["a consumer", { consumers: [{ username: "my-user" }] }, "consumers", "4b1b701d-de2b-5588-9aa2-3b97061d9f52"],
  ["a global plugin", { plugins: [{ name: "key-auth" }] }, "plugins", "6b4f38d1-e026-540b-a5ea-8634739dd2a7"],
  [
    "a plugin inside a route",
    { routes: [{ name: "r", paths: ["/"], plugins: [{ name: "key-auth" }] }] },
    "plugins",
    "7fb65597-f0ac-581f-967a-e1413399f0ae",
  ],
  [
    "a plugin inside a service, for a consumer",
    { ...service({ plugins: [{ name: "rate-limiting", consumer: "bob" }] }), ...bob },
    "plugins",
    "b54b216d-9608-56f6-8cba-1b09623e94a9",
  ],
  [
    "a plugin inside a service that is written out",
    service({ plugins: [{ name: "rate-limiting", service: "s1" }] }),
    "plugins",
    "344f255d-b57e-500e-8382-8842c88dbcf2",
  ],
  [
    "a plugin that refers to its service by object",
    {
      ...service({ id: "356ebaf8-b7af-5cba-99a1-f392e34730ab" }),
      plugins: [{ name: "rate-limiting", service: { id: "356ebaf8-b7af-5cba-99a1-f392e34730ab" } }],
    },
    "plugins",
    "2ba72a34-337d-5cab-84f4-316a7e51e9f2",
  ],
  [
    "a plugin with null references",
    { plugins: [{ name: "rate-limiting", route: null, service: null, consumer: null }] },
    "plugins",
    "d5714043-c87d-5074-a707-f61e9fbb475f",
  ],
  ["an acl", { consumers: [{ username: "a", acls: [{ group: "g" }] }] }, "acls", "4add49ad-f75d-577a-86fb-a51c9e63fd66"],
  [
    "a basic-auth credential",
    { consumers: [{ username: "a", basicauth_credentials: [{ username: "u", password: "p" }] }] },
    "basicauth_credentials",
    "b8b13216-f8d0-5482-8264-f38e673a5811",
  ],
  [
    "an hmac-auth credential",
    { consumers: [{ username: "a", hmacauth_credentials: [{ username: "u" }] }] },
    "hmacauth_credentials",
    "dffd3dbe-ea3a-5c5c-b278-bd1ed52f697f",
  ],
  [
    "a nested target",
    { upstreams: [{ name: "u", targets: [{ target: "1.1.1.1:80" }] }] },
    "targets",
    "cae85043-b259-5ff3-806a-dec5d856902f",
  ],
  [
    "a target at the top",
    { upstreams: [{ name: "nobody" }], targets: [{ target: "1.2.3.4:80", upstream: "nobody" }] },
    "targets",
    "efe909a5-4e82-5e06-84eb-fc93dee0cd1e",
  ],
  ["a nested key", { key_sets: [{ name: "ks", keys: [{ kid: "1" }] }] }, "keys", "7dad394b-672f-59e9-80c6-cc1515b5d960"],
  [
    "a key of a named set",
    { key_sets: [{ name: "ks" }], keys: [{ kid: "2", set: "ks" }] },
    "keys",
    "ee0b7126-5ae7-5884-818e-8fec770964c6",
  ],
  ["a key without a set", { keys: [{ kid: "3" }] }, "keys", "cd441d22-2ad4-56dd-8d29-4a4fe8658eac"],
  ["a vault", { vaults: [{ prefix: "my-env", name: "env" }] }, "vaults", "3dc3bf8d-e9b4-576c-af74-01619966a0d0"],
  ["an sni", { certificates: [{ cert: "c", snis: [{ name: "a.com" }] }] }, "snis", "427e83db-cac4-51f7-b3e6-883bb69d6fed"],
])("derives the id of %s", (_what, document, entity, id) => {
  expect(rows(loadAll(document), entity)).toMatchObject([{ id }]);
});

it("derives the id of a workspace", () => {
  const ids = rows(loadAll({ workspaces: [{ name: "team1" }] }), "workspaces").map((row) => row.id);
  expect(ids).toContain("b4f50843-a971-52d0-9a2b-98d058600d92");
});

it("keeps ids that are given, and derives children's ids from them", () => {
  const id = "da7ba03a-f1be-52d4-8a7e-c8f32640689a";
  const loaded = loadAll({ routes: [{ id, paths: ["/"], plugins: [{ name: "key-auth" }] }] });
  expect(rows(loaded, "routes")).toMatchObject([{ id }]);
  expect(rows(loaded, "plugins")).toMatchObject([{ id: "7fb65597-f0ac-581f-967a-e1413399f0ae", route: { id } }]);
});

it.each<[string, object, string]>([
  ["an unnamed route", { routes: [{ paths: ["/"] }] }, "routes"],
  ["a consumer with only a custom id", { consumers: [{ custom_id: "c" }] }, "consumers"],
  ["a key-auth credential", { consumers: [{ username: "a", keyauth_credentials: [{ key: "k" }] }] }, "keyauth_credentials"],
  ["a certificate", { certificates: [{ cert: "c" }] }, "certificates"],
  ["a null id", { routes: [{ id: null, paths: ["/"] }] }, "routes"],
])("gives %s a fresh id at every load", (_what, document, entity) => {
  const ids = [loadAll(document), loadAll(document)].map((loaded) => rows(loaded, entity)[0]?.id);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids[0]).not.toBe(ids[1]);
});
