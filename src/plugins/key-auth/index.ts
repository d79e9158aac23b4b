import type { Pdk } from "../../pdk/pdk.js";
import {
  type AuthenticationFailure,
  authenticateOrAnonymous,
  identifyConsumer,
  passUnidentified,
} from "../../plugin-runner/authentication.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { arrayOf, bool, type InferFields, str } from "../../schema/field.js";
import { headerTextFault } from "../../schema/header-text.js";
import { headerName } from "../../schema/typedefs-http.js";
import { chain, type MaybePromise } from "../../util/maybe-promise.js";
import { type KeyauthCredential, keyauthCredentials } from "./entities.js";
import { DUPLICATE, type FoundKey, findKey } from "./find-key.js";

const configFields = {
  key_names: arrayOf(headerName(), {
    required: true,
    default: ["apikey"],
    description: "Names of the header, query argument or body field that may hold the key, tried in order.",
  }),
  hide_credentials: bool({
    required: true,
    default: false,
    description: "Takes the key off the request before it goes upstream.",
  }),
  anonymous: str({ description: "Id or username of the consumer that stands for clients who cannot be authenticated." }),
  key_in_header: bool({ required: true, default: true, description: "Looks for the key in headers." }),
  key_in_query: bool({ required: true, default: true, description: "Looks for the key in the query." }),
  key_in_body: bool({ required: true, default: false, description: "Looks for the key in form, JSON and multipart bodies." }),
  run_on_preflight: bool({ required: true, default: true, description: "Authenticates OPTIONS requests too." }),
  realm: str({ validator: headerTextFault, description: "The realm that `WWW-Authenticate` names." }),
};

type Config = InferFields<typeof configFields>;
type Entities = { readonly keyauth_credentials: typeof keyauthCredentials };

/** The answers to clients without a valid key. */
interface Failures {
  readonly missing: AuthenticationFailure;
  readonly duplicate: AuthenticationFailure;
  readonly unknown: AuthenticationFailure;
}

const failuresOf = perConfig(({ realm }: Config): Failures => {
  const headers = { "WWW-Authenticate": realm === null ? "Key" : `Key realm="${realm}"` };
  return {
    missing: { status: 401, message: "No API key found in request", headers },
    duplicate: { status: 401, message: "Duplicate API key found", headers },
    unknown: { status: 401, message: "Unauthorized", headers },
  };
});

/** Lets a request through when it carries a key that belongs to a consumer. */
export const keyAuth = definePlugin({
  name: "key-auth",
  version: "3.10.0",
  priority: 1250,
  scopes: ["service", "route"],
  config: configFields,
  entities: { keyauth_credentials: keyauthCredentials },

  access(pdk, config) {
    if (!config.run_on_preflight && pdk.request.getMethod() === "OPTIONS") return passUnidentified(pdk);
    return authenticateOrAnonymous(
      pdk,
      config.anonymous,
      () => chain(findKey(pdk, config), (key) => authenticate(pdk, failuresOf(config), key)),
      () => (config.hide_credentials ? chain(findKey(pdk, config), () => undefined) : undefined),
    );
  },
});

function authenticate(pdk: Pdk<Entities>, failures: Failures, key: FoundKey): MaybePromise<AuthenticationFailure | undefined> {
  if (key === undefined || key === "") return failures.missing;
  if (key === DUPLICATE) return failures.duplicate;
  return chain(pdk.db.keyauth_credentials.selectBy("key", key), (credential) =>
    credential === undefined || hasExpired(credential) ? failures.unknown : identifyConsumer(pdk, credential, credential.id),
  );
}

/** A credential that is read in the second in which its time runs out says so with 0. */
function hasExpired(credential: KeyauthCredential & { readonly ttl?: number | null }): boolean {
  return credential.ttl === 0;
}
