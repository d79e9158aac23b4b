import { selfSigned } from "../../support/self-signed.js";
import { made, rows } from "./rows.js";

/** What a reference leads to, and what replaces that by `PUT`. */
const referred = {
  certificate: { of: made.certificate, replacement: { ...selfSigned, snis: ["shop.test"] } },
  consumer: { of: made.consumer, replacement: { username: "ann", custom_id: "a-1" } },
  credential: { of: made.oauth2, replacement: { name: "app", client_id: "app", consumer: { id: made.consumer } } },
  route: { of: made.route, replacement: { name: "shop", paths: ["/shop"], service: { id: made.service } } },
  service: { of: made.service, replacement: { name: "shop", host: "shop.test" } },
  set: { of: made.set, replacement: { name: "set" } },
};

const bodyOf = (path: string): Record<string, unknown> => rows.find((row) => row.path === path)?.body() ?? {};
const client_certificate = { id: made.certificate };
const consumer = { id: made.consumer };
const service = { id: made.service };

/** Every reference of one entity to another that has a path (§10), with a record that has it. */
export const references = (
  [
    ["/services", "client_certificate", "certificate", () => ({ protocol: "https", host: "h", client_certificate })],
    ["/upstreams", "client_certificate", "certificate", () => ({ ...bodyOf("/upstreams"), client_certificate })],
    ["/routes", "service", "service", () => ({ ...bodyOf("/routes"), service })],
    ["/plugins", "route", "route", () => bodyOf("/plugins")],
    ["/plugins", "service", "service", () => ({ ...bodyOf("/plugins"), service })],
    ["/plugins", "consumer", "consumer", () => bodyOf("/plugins")],
    ...["/acls", "/basic-auths", "/hmac-auths", "/jwts", "/key-auths", "/oauth2"].map(
      (path) => [path, "consumer", "consumer", () => ({ ...bodyOf(path), consumer })] as const,
    ),
    ["/oauth2_tokens", "credential", "credential", () => bodyOf("/oauth2_tokens")],
    ["/oauth2_tokens", "service", "service", () => ({ ...bodyOf("/oauth2_tokens"), service })],
    ["/keys", "set", "set", () => ({ ...bodyOf("/keys"), set: { id: made.set } })],
  ] as const
).map(([path, field, what, body]) => ({ path, field, body, ...referred[what] }));

/** The lists of entities whose list below a parent has another name. */
export const alone: Readonly<Record<string, string>> = {
  "/basic-auth": "/basic-auths",
  "/hmac-auth": "/hmac-auths",
  "/jwt": "/jwts",
  "/key-auth": "/key-auths",
};

const limited = () => ({ name: "request-termination" });
const token = () => ({ expires_in: 9, credential: { id: made.oauth2 } });

/** What goes with a record (§6): how to make the record, where what belongs to it is made, and how. */
export const cascades: readonly {
  readonly parent: string;
  readonly make: Record<string, unknown>;
  readonly child: string;
  readonly body: (parent: string) => Record<string, unknown>;
}[] = [
  { parent: "/routes", make: { paths: ["/leaving"] }, child: "/routes/{}/plugins", body: limited },
  { parent: "/services", make: { host: "h" }, child: "/services/{}/plugins", body: limited },
  { parent: "/services", make: { host: "h" }, child: "/services/{}/oauth2_tokens", body: token },
  ...["plugins", "acls", "basic-auth", "hmac-auth", "jwt", "key-auth", "oauth2"].map((name) => ({
    parent: "/consumers",
    make: { username: "leaving" },
    child: `/consumers/{}/${name}`,
    body: name === "plugins" ? limited : () => bodyOf(`/consumers/ann/${name}`),
  })),
  { parent: "/key-sets", make: { name: "leaving" }, child: "/key-sets/{}/keys", body: () => bodyOf("/key-sets/set/keys") },
  {
    parent: "/oauth2",
    make: { name: "leaving", client_id: "leaving", consumer },
    child: "/oauth2/{}/oauth2_tokens",
    body: () => ({ expires_in: 9 }),
  },
  {
    parent: "/certificates",
    make: selfSigned,
    child: "/certificates/{}/snis",
    body: () => ({ name: "leaving.test" }),
  },
];
