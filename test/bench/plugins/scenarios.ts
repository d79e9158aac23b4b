import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import type { DeclarativeDocument } from "../../../src/index.js";
import type { BenchRequest } from "./exchange.js";

/** A route with plugins, beside one without them. request-termination answers on all of them. */
export interface PluginScenario {
  readonly name: string;
  /** The scenario whose cost is subtracted. */
  readonly base: string;
  /** Microseconds of CPU per request that may be added. */
  readonly goal?: number;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
  readonly headers?: Readonly<Record<string, string>>;
}

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const hmacSecret = "0123456789abcdef0123456789abcdef";

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function token(alg: "HS256" | "RS256"): string {
  const signed = `${encode({ alg, typ: "JWT" })}.${encode({ iss: `issuer-${alg}`, sub: "bench", exp: 4_000_000_000 })}`;
  const signature =
    alg === "HS256" ? createHmac("sha256", hmacSecret).update(signed).digest() : sign("sha256", Buffer.from(signed), privateKey);
  return `${signed}.${signature.toString("base64url")}`;
}

const apikey = { apikey: "bench-key" };
const keyAuth = { name: "key-auth" };
const acl = { name: "acl", config: { allow: ["gold", "silver"] } };
const rateLimiting = { name: "rate-limiting", config: { minute: 1_000_000_000, policy: "local" } };
const cors = { name: "cors", config: { origins: ["https://app.example"], credentials: true } };
const prometheus = {
  name: "prometheus",
  config: { per_consumer: true, status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true },
};
const transformer = {
  name: "request-transformer",
  config: {
    add: { headers: ["X-One:1", "X-Two:$(headers['user-agent'])"] },
    remove: { headers: ["X-Remove"] },
    rename: { headers: ["X-Old:X-New"] },
    replace: { headers: ["Accept:application/json"] },
  },
};

/**
 * @param logFile - where file-log writes
 * @param wanted - names; their bases come with them. All when empty
 */
export function pluginScenarios(logFile: string, wanted: readonly string[] = []): readonly PluginScenario[] {
  const all = allScenarios(logFile);
  if (wanted.length === 0) return all;
  const bases = all.filter(({ name }) => wanted.includes(name)).map(({ base }) => base);
  return all.filter(({ name }) => name === "none" || wanted.includes(name) || bases.includes(name));
}

function allScenarios(logFile: string): readonly PluginScenario[] {
  return [
    { name: "none", base: "none", plugins: [] },
    { name: "no code for a phase", base: "none", goal: 0, plugins: [{ name: "bench-idle" }] },
    { name: "key-auth", base: "none", goal: 2, plugins: [keyAuth], headers: apikey },
    { name: "acl", base: "key-auth", goal: 1, plugins: [keyAuth, acl], headers: apikey },
    { name: "rate-limiting local", base: "none", goal: 3, plugins: [rateLimiting] },
    {
      name: "jwt HS256",
      base: "none",
      goal: 25,
      plugins: [{ name: "jwt" }],
      headers: { authorization: `Bearer ${token("HS256")}` },
    },
    {
      name: "jwt RS256",
      base: "none",
      goal: 60,
      plugins: [{ name: "jwt" }],
      headers: { authorization: `Bearer ${token("RS256")}` },
    },
    { name: "cors", base: "none", goal: 1, plugins: [cors], headers: { origin: "https://app.example" } },
    {
      name: "request-transformer, 5 rules",
      base: "none",
      goal: 4,
      plugins: [transformer],
      headers: { "user-agent": "bench/1", "x-remove": "1", "x-old": "2", accept: "*/*" },
    },
    { name: "prometheus", base: "none", goal: 3, plugins: [prometheus] },
    { name: "file-log", base: "none", goal: 6, plugins: [{ name: "file-log", config: { path: logFile } }] },
    {
      name: "ten together",
      base: "none",
      goal: 20,
      plugins: [
        { name: "correlation-id", config: { header_name: "X-Correlation-Id", echo_downstream: true } },
        cors,
        keyAuth,
        { name: "ip-restriction", config: { allow: ["127.0.0.0/8", "10.0.0.0/8"] } },
        { name: "request-size-limiting", config: { allowed_payload_size: 8 } },
        acl,
        rateLimiting,
        transformer,
        { name: "response-transformer", config: { add: { headers: ["X-Answered:yes"] } } },
        prometheus,
      ],
      headers: { ...apikey, origin: "https://app.example" },
    },
  ];
}

/** What a scenario sends. */
export function requestOf({ headers }: PluginScenario, index: number): BenchRequest {
  return { path: `/p${index}/x`, headers: headers ?? {} };
}

/** Answers what the others let through, so that no upstream is measured. */
const terminate = { name: "request-termination", config: { status_code: 200 } };

/** A document with one route for each scenario. */
export function documentOf(scenarios: readonly PluginScenario[]): DeclarativeDocument {
  return {
    _format_version: "3.0",
    consumers: [
      {
        username: "bench",
        keyauth_credentials: [{ key: apikey.apikey }],
        acls: [{ group: "gold" }],
        jwt_secrets: [
          { key: "issuer-HS256", secret: hmacSecret },
          { key: "issuer-RS256", algorithm: "RS256", rsa_public_key: publicKey.export({ type: "spki", format: "pem" }) },
        ],
      },
    ],
    routes: scenarios.map(({ plugins }, index) => ({
      name: `r${index}`,
      paths: [`/p${index}/`],
      plugins: [...plugins, terminate],
    })),
  };
}
