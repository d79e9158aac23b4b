import { generateKeyPairSync } from "node:crypto";
import { selfSigned } from "../../support/self-signed.js";

/** Ids of what is there before the tests of the rows. */
export const made = {
  service: "6f3c1f0e-0d7e-4c6b-8a53-2b9f0c1d7a01",
  route: "6f3c1f0e-0d7e-4c6b-8a53-2b9f0c1d7a02",
  consumer: "6f3c1f0e-0d7e-4c6b-8a53-2b9f0c1d7a03",
  upstream: "6f3c1f0e-0d7e-4c6b-8a53-2b9f0c1d7a04",
  set: "6f3c1f0e-0d7e-4c6b-8a53-2b9f0c1d7a05",
  oauth2: "6f3c1f0e-0d7e-4c6b-8a53-2b9f0c1d7a06",
  certificate: "6f3c1f0e-0d7e-4c6b-8a53-2b9f0c1d7a07",
} as const;

/** What is there before the tests of the rows. */
export const parents = {
  _format_version: "3.0",
  services: [{ id: made.service, name: "shop", url: "http://shop.test" }],
  routes: [{ id: made.route, name: "shop", paths: ["/shop"], service: "shop" }],
  consumers: [{ id: made.consumer, username: "ann", custom_id: "a-1" }],
  upstreams: [{ id: made.upstream, name: "pool" }],
  key_sets: [{ id: made.set, name: "set" }],
  oauth2_credentials: [{ id: made.oauth2, name: "app", client_id: "app", consumer: "ann" }],
  certificates: [{ id: made.certificate, ...selfSigned, snis: [{ name: "shop.test" }] }],
};

/** A list of records, and how to make, to change and to break one of them. */
export interface Row {
  readonly path: string;
  readonly entity: string;
  readonly body: () => Record<string, unknown>;
  readonly key?: string;
  /** A change, and a change that the entity's rules refuse. */
  readonly change: Record<string, unknown>;
  readonly bad: Record<string, unknown>;
}

const publicKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
const jwk = (kid: string): string => JSON.stringify({ ...publicKey, kid });
let count = 0;
const fresh = (): string => {
  count += 1;
  return `n${count}`;
};

export const rows: readonly Row[] = [
  {
    path: "/services",
    entity: "services",
    key: "name",
    body: () => ({ name: fresh(), host: "a.test" }),
    change: { retries: 1 },
    bad: { port: "x" },
  },
  {
    path: "/routes",
    entity: "routes",
    key: "name",
    body: () => ({ name: fresh(), paths: ["/a"] }),
    change: { paths: ["/b"] },
    bad: { methods: 5 },
  },
  {
    path: "/services/shop/routes",
    entity: "routes",
    key: "name",
    body: () => ({ name: fresh(), paths: ["/a"] }),
    change: { paths: ["/b"] },
    bad: { methods: 5 },
  },
  {
    path: "/consumers",
    entity: "consumers",
    key: "username",
    body: () => ({ username: fresh() }),
    change: { tags: ["a"] },
    bad: { tags: "a" },
  },
  {
    path: "/plugins",
    entity: "plugins",
    key: "instance_name",
    body: () => ({
      name: "request-termination",
      instance_name: fresh(),
      consumer: { id: made.consumer },
      protocols: ["http"],
      enabled: true,
      route: { id: made.route },
    }),
    change: { enabled: false },
    bad: { config: { status_code: 5 } },
  },
  {
    path: "/upstreams",
    entity: "upstreams",
    key: "name",
    body: () => ({ name: fresh() }),
    change: { slots: 100 },
    bad: { slots: 1 },
  },
  {
    path: "/vaults",
    entity: "vaults",
    key: "prefix",
    body: () => ({ prefix: `my${fresh()}`, name: "env" }),
    change: { description: "d" },
    bad: { config: 5 },
  },
  {
    path: "/key-sets",
    entity: "key_sets",
    key: "name",
    body: () => ({ name: fresh() }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/keys",
    entity: "keys",
    key: "name",
    body: () => {
      const kid = fresh();
      return { name: kid, kid, jwk: jwk(kid) };
    },
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/key-sets/set/keys",
    entity: "keys",
    key: "name",
    body: () => {
      const kid = fresh();
      return { name: kid, kid, jwk: jwk(kid) };
    },
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/consumers/ann/key-auth",
    entity: "keyauth_credentials",
    key: "key",
    body: () => ({ key: fresh() }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/key-auths",
    entity: "keyauth_credentials",
    key: "key",
    body: () => ({ key: fresh(), consumer: { username: "ann" } }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/consumers/ann/basic-auth",
    entity: "basicauth_credentials",
    key: "username",
    body: () => ({ username: fresh(), password: "p" }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/basic-auths",
    entity: "basicauth_credentials",
    key: "username",
    body: () => ({ username: fresh(), password: "p", consumer: { id: made.consumer } }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/consumers/ann/hmac-auth",
    entity: "hmacauth_credentials",
    key: "username",
    body: () => ({ username: fresh() }),
    change: { secret: "s" },
    bad: { tags: 5 },
  },
  {
    path: "/hmac-auths",
    entity: "hmacauth_credentials",
    key: "username",
    body: () => ({ username: fresh(), consumer: { id: made.consumer } }),
    change: { secret: "s" },
    bad: { tags: 5 },
  },
  {
    path: "/consumers/ann/jwt",
    entity: "jwt_secrets",
    key: "key",
    body: () => ({ key: fresh() }),
    change: { secret: "s" },
    bad: { algorithm: "x" },
  },
  {
    path: "/jwts",
    entity: "jwt_secrets",
    key: "key",
    body: () => ({ key: fresh(), consumer: { id: made.consumer } }),
    change: { secret: "s" },
    bad: { algorithm: "x" },
  },
  {
    path: "/consumers/ann/oauth2",
    entity: "oauth2_credentials",
    key: "client_id",
    body: () => ({ name: "a", client_id: fresh() }),
    change: { name: "b" },
    bad: { name: 5 },
  },
  {
    path: "/oauth2",
    entity: "oauth2_credentials",
    key: "client_id",
    body: () => ({ name: "a", client_id: fresh(), consumer: { id: made.consumer } }),
    change: { name: "b" },
    bad: { name: 5 },
  },
  {
    path: "/oauth2_tokens",
    entity: "oauth2_tokens",
    key: "access_token",
    body: () => ({ access_token: fresh(), expires_in: 9, credential: { id: made.oauth2 } }),
    change: { scope: "s" },
    bad: { expires_in: "x" },
  },
  {
    path: "/oauth2/app/oauth2_tokens",
    entity: "oauth2_tokens",
    key: "access_token",
    body: () => ({ access_token: fresh(), expires_in: 9 }),
    change: { scope: "s" },
    bad: { expires_in: "x" },
  },
  {
    path: "/consumers/ann/acls",
    entity: "acls",
    key: "group",
    body: () => ({ group: fresh() }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/acls",
    entity: "acls",
    body: () => ({ group: fresh(), consumer: { id: made.consumer } }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/sessions",
    entity: "sessions",
    key: "session_id",
    body: () => ({ session_id: fresh(), data: "d" }),
    change: { data: "e" },
    bad: { expires: "x" },
  },
  {
    path: "/acme_storage",
    entity: "acme_storage",
    body: () => ({ key: fresh(), value: "v" }),
    change: { value: "w" },
    bad: { value: 5 },
  },
  ...["/services/shop/plugins", "/routes/shop/plugins", "/consumers/ann/plugins"].map((path) => ({
    path,
    entity: "plugins",
    key: "instance_name",
    body: () => ({ name: "request-termination", instance_name: fresh(), protocols: ["http"] }),
    change: { enabled: false },
    bad: { config: { status_code: 5 } },
  })),
  {
    path: "/services/shop/oauth2_tokens",
    entity: "oauth2_tokens",
    key: "access_token",
    body: () => ({ access_token: fresh(), expires_in: 9, credential: { id: made.oauth2 } }),
    change: { scope: "s" },
    bad: { expires_in: "x" },
  },
  {
    path: `/certificates/${made.certificate}/services`,
    entity: "services",
    key: "name",
    body: () => ({ name: fresh(), host: "a.test", protocol: "https" }),
    change: { retries: 1 },
    bad: { port: "x" },
  },
  {
    path: `/certificates/${made.certificate}/upstreams`,
    entity: "upstreams",
    key: "name",
    body: () => ({ name: fresh() }),
    change: { slots: 100 },
    bad: { slots: 1 },
  },
  {
    path: "/certificates/shop.test/snis",
    entity: "snis",
    key: "name",
    body: () => ({ name: `${fresh()}.test` }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/snis",
    entity: "snis",
    key: "name",
    body: () => ({ name: `${fresh()}.test`, certificate: { id: made.certificate } }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
];
