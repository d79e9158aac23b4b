import { createHash, createHmac } from "node:crypto";
import type { Pdk } from "../../pdk/pdk.js";
import { type AuthenticationFailure, authenticateOrAnonymous, identifyConsumer } from "../../plugin-runner/authentication.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { decodeBase64 } from "../../util/base64.js";
import { parseHttpDate } from "../../util/http-date.js";
import { chain, type MaybePromise } from "../../util/maybe-promise.js";
import { safeEqual } from "../../util/safe-equal.js";
import { configFields, type HmacAuthConfig } from "./config.js";
import { type HmacauthCredential, hmacauthCredentials } from "./entities.js";
import { parseParameters, type SignatureParameters } from "./parse-parameters.js";
import { signingString } from "./signing-string.js";

type Entities = { readonly hmacauth_credentials: typeof hmacauthCredentials };
type Outcome = MaybePromise<AuthenticationFailure | undefined>;

/** The answers to clients without a valid signature. */
const failuresOf = perConfig(({ realm }: HmacAuthConfig) => {
  const headers = { "WWW-Authenticate": realm === null ? "hmac" : `hmac realm="${realm}"` };
  const unverifiable = "HMAC signature cannot be verified";
  return {
    missing: { status: 401, message: "Unauthorized", headers },
    date: {
      status: 401,
      message: `${unverifiable}, a valid date or x-date header is required for HMAC Authentication`,
      headers,
    },
    unverifiable: { status: 401, message: unverifiable, headers },
    mismatch: { status: 401, message: "HMAC signature does not match", headers },
  } satisfies Record<string, AuthenticationFailure>;
});

/** Lets a request through that a consumer has signed. */
export const hmacAuth = definePlugin({
  name: "hmac-auth",
  version: "3.10.0",
  priority: 1030,
  scopes: ["service", "route"],
  config: configFields,
  entities: { hmacauth_credentials: hmacauthCredentials },

  access(pdk, config) {
    return authenticateOrAnonymous(
      pdk,
      config.anonymous,
      () => authenticate(pdk, config),
      () => (config.hide_credentials ? hide(pdk) : undefined),
    );
  },
});

function authenticate(pdk: Pdk<Entities>, config: HmacAuthConfig): Outcome {
  const { request } = pdk;
  const failures = failuresOf(config);
  const authorization = request.getHeader("authorization");
  const forProxy = request.getHeader("proxy-authorization");
  if (authorization === undefined && forProxy === undefined) return failures.missing;
  if (!isCurrent(pdk, config, "x-date") && !isCurrent(pdk, config, "date")) {
    // An anonymous consumer may stand in for the client, whose signature is not for the upstream all the same.
    if (config.hide_credentials) hide(pdk);
    return failures.date;
  }

  const fromProxy = forProxy === undefined ? undefined : parseParameters(forProxy);
  const parameters = fromProxy ?? (authorization === undefined ? undefined : parseParameters(authorization));
  if (config.hide_credentials) {
    pdk.service.request.clearHeader(fromProxy === undefined ? "authorization" : "proxy-authorization");
  }
  if (parameters === undefined || !isAcceptable(parameters, config)) return failures.unverifiable;
  return chain(pdk.db.hmacauth_credentials.selectBy("username", parameters.username), (credential) => {
    // The work is the same for an unknown user, so that only the message tells, which is Kong's.
    const matches = isSignatureOf(pdk, parameters, credential?.secret ?? "");
    if (credential === undefined) return failures.unverifiable;
    if (!matches) return failures.mismatch;
    if (!config.validate_request_body) return identify(pdk, credential);
    return chain(isBodyIntact(pdk), (intact) => (intact ? identify(pdk, credential) : failures.mismatch));
  });
}

/** Takes signatures off the request that nobody needs to look at; headers of another scheme are not this plugin's. */
function hide(pdk: Pdk<Entities>): void {
  for (const name of ["proxy-authorization", "authorization"]) {
    const header = pdk.request.getHeader(name);
    if (header !== undefined && parseParameters(header) !== undefined) pdk.service.request.clearHeader(name);
  }
}

function identify(pdk: Pdk<Entities>, credential: HmacauthCredential): Outcome {
  return identifyConsumer(pdk, credential, credential.username);
}

function isCurrent(pdk: Pdk<Entities>, { clock_skew }: HmacAuthConfig, header: string): boolean {
  const value = pdk.request.getHeader(header);
  const time = value === undefined ? undefined : parseHttpDate(value);
  if (time === undefined) return false;
  // Dates have whole seconds; so has the clock that Kong compares them with.
  const now = Math.floor(pdk.now() / 1000) * 1000;
  return clock_skew === null || Math.abs(now - time) <= clock_skew * 1000;
}

/** The client has signed all that it must, in a way that it may. */
function isAcceptable({ headers, algorithm }: SignatureParameters, { enforce_headers, algorithms }: HmacAuthConfig): boolean {
  const covers = (enforce_headers ?? []).every((name) => headers.includes(name));
  return covers && (algorithms as readonly string[] | null)?.includes(algorithm) === true;
}

function isSignatureOf(pdk: Pdk<Entities>, { algorithm, headers, signature }: SignatureParameters, secret: string): boolean {
  const hash = algorithm.slice("hmac-".length);
  const expected = createHmac(hash, secret).update(signingString(pdk.request, headers)).digest();
  return safeEqual(expected, decodeBase64(signature) ?? "");
}

/** A body that cannot be read is not intact; without a digest, only an empty one is. */
async function isBodyIntact(pdk: Pdk<Entities>): Promise<boolean> {
  let body: Buffer;
  try {
    body = await pdk.request.getRawBody();
  } catch (error) {
    pdk.log.debug(`the body cannot be compared with its digest: ${(error as Error).message}`);
    return false;
  }
  const digest = pdk.request.getHeader("digest");
  if (digest === undefined) return body.length === 0;
  return safeEqual(digest, `SHA-256=${createHash("sha256").update(body).digest("base64")}`);
}
