import type { Pdk } from "../../pdk/pdk.js";
import {
  type AuthenticationFailure,
  authenticateOrAnonymous,
  identifyConsumer,
  passUnidentified,
} from "../../plugin-runner/authentication.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { chain, type MaybePromise } from "../../util/maybe-promise.js";
import { checks, configFields, type JwtConfig } from "./config.js";
import { keyOf } from "./credential-key.js";
import { type DecodedToken, decodeToken } from "./decode-token.js";
import { type JwtSecret, jwtSecrets } from "./entities.js";
import { findToken, SEVERAL } from "./find-token.js";
import { claimFaults } from "./verify-claims.js";
import { verifySignature } from "./verify-signature.js";

type Entities = { readonly jwt_secrets: typeof jwtSecrets };

/** The two challenges (RFC 6750 section 3): without a token, and with one that does not do. */
const challengesOf = perConfig(({ realm }: JwtConfig) => ({
  missing: { "WWW-Authenticate": realm === null ? "Bearer" : `Bearer realm="${realm}"` },
  invalid: { "WWW-Authenticate": `Bearer ${realm === null ? "" : `realm="${realm}", `}error="invalid_token"` },
}));

/** Lets a request through when it carries a token that a consumer's secret or key has signed. */
export const jwt = definePlugin({
  name: "jwt",
  version: "3.10.0",
  priority: 1450,
  scopes: ["service", "route"],
  config: configFields,
  checks,
  entities: { jwt_secrets: jwtSecrets },

  access(pdk, config) {
    if (!config.run_on_preflight && pdk.request.getMethod() === "OPTIONS") return passUnidentified(pdk);
    return authenticateOrAnonymous(pdk, config.anonymous, () => authenticate(pdk, config));
  },
});

function authenticate(pdk: Pdk<Entities>, config: JwtConfig): MaybePromise<AuthenticationFailure | undefined> {
  const token = findToken(pdk, config);
  if (token === undefined) return failure({ message: "Unauthorized" }, challengesOf(config).missing);
  if (token === SEVERAL) return refuse(config, "Multiple tokens provided");
  if (token === true) return refuse(config, "Unrecognizable token");
  const decoded = decodeToken(token);
  if (typeof decoded === "string") return refuse(config, `Bad token; ${decoded}`);

  const name = config.key_claim_name ?? "iss";
  const key = keyNameOf(decoded, name);
  if (key === undefined) return refuse(config, `No mandatory '${name}' in claims`);
  if (typeof key !== "string" || key === "") return refuse(config, `Invalid '${name}' in claims`);
  return chain(pdk.db.jwt_secrets.selectBy("key", key), (credential) => {
    if (credential === undefined) return refuse(config, `No credentials found for given '${name}'`);
    return verify(pdk, config, decoded, credential) ?? identify(pdk, `${name}=${key}`, credential, token);
  });
}

function keyNameOf({ claims, header }: DecodedToken, name: string): unknown {
  const inClaims = Object.hasOwn(claims, name) ? (claims[name] ?? undefined) : undefined;
  return inClaims ?? (Object.hasOwn(header, name) ? (header[name] ?? undefined) : undefined);
}

function verify(
  pdk: Pdk<Entities>,
  config: JwtConfig,
  { algorithm, signed, signature, claims }: DecodedToken,
  credential: JwtSecret,
): AuthenticationFailure | undefined {
  // The credential decides: a token must not choose what its key is taken for.
  if (algorithm !== (credential.algorithm ?? "HS256")) return refuse(config, "Invalid algorithm");
  const key = keyOf(credential, config.secret_is_base64);
  if (key === "missing") return refuse(config, "Invalid key/secret");
  if (key === "unusable" || !verifySignature(algorithm, key, signed, signature)) return refuse(config, "Invalid signature");
  const faults = claimFaults(claims, config, Math.floor(pdk.now() / 1000));
  return faults === undefined ? undefined : failure(faults, challengesOf(config).invalid);
}

function identify(
  pdk: Pdk<Entities>,
  what: string,
  credential: JwtSecret,
  token: string,
): MaybePromise<AuthenticationFailure | undefined> {
  const orphaned = failure({ message: `Could not find consumer for '${what}'` });
  return chain(identifyConsumer(pdk, credential, credential.key, orphaned), (missing) => {
    if (missing === undefined) pdk.ctx.shared.authenticated_jwt_token = token;
    return missing;
  });
}

function refuse(config: JwtConfig, message: string): AuthenticationFailure {
  return failure({ message }, challengesOf(config).invalid);
}

function failure(body: object, headers: Readonly<Record<string, string>> = {}): AuthenticationFailure {
  return { status: 401, headers, body };
}
