import type { Pdk } from "../../pdk/pdk.js";
import { type AuthenticationFailure, authenticateOrAnonymous, identifyConsumer } from "../../plugin-runner/authentication.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { bool, type InferFields, str } from "../../schema/field.js";
import { headerTextFault } from "../../schema/header-text.js";
import { chain, type MaybePromise } from "../../util/maybe-promise.js";
import { safeEqual } from "../../util/safe-equal.js";
import { type BasicauthCredential, basicauthCredentials, hashPassword } from "./entities.js";
import { type GivenPassword, parseBasic } from "./given-password.js";

const configFields = {
  anonymous: str({ description: "Id or username of the consumer that stands for clients who cannot be authenticated." }),
  hide_credentials: bool({
    required: true,
    default: false,
    description: "Takes the credentials off the request before it goes upstream.",
  }),
  realm: str({
    required: true,
    default: "service",
    validator: headerTextFault,
    description: "The realm that `WWW-Authenticate` names.",
  }),
};

type Config = InferFields<typeof configFields>;
type Entities = { readonly basicauth_credentials: typeof basicauthCredentials };

/** There is one answer for all that can be wrong: who guesses must not learn which half was right. */
const failureOf = perConfig(
  ({ realm }: Config): AuthenticationFailure => ({
    status: 401,
    message: "Unauthorized",
    headers: { "WWW-Authenticate": `Basic realm="${realm}"` },
  }),
);

/** Lets a request through when it carries the user name and password of a consumer. */
export const basicAuth = definePlugin({
  name: "basic-auth",
  version: "3.10.0",
  priority: 1100,
  scopes: ["service", "route"],
  config: configFields,
  entities: { basicauth_credentials: basicauthCredentials },

  access(pdk, config) {
    return authenticateOrAnonymous(
      pdk,
      config.anonymous,
      () => authenticate(pdk, config),
      () => (config.hide_credentials ? hide(pdk) : undefined),
    );
  },
});

function authenticate(pdk: Pdk<Entities>, config: Config): MaybePromise<AuthenticationFailure | undefined> {
  const failure = failureOf(config);
  const forProxy = take(pdk, config, "proxy-authorization");
  return chain(find(pdk, forProxy), (credential) => {
    // A user that is known here is the one, even with a wrong password.
    if (forProxy !== undefined && credential !== undefined) return decide(pdk, failure, forProxy, credential);
    const given = take(pdk, config, "authorization");
    if (given === undefined) return forProxy === undefined ? failure : decide(pdk, failure, forProxy, undefined);
    return chain(find(pdk, given), (other) => decide(pdk, failure, given, other));
  });
}

/** What a header says, which is taken off the request when credentials are to be hidden. */
function take(pdk: Pdk<Entities>, { hide_credentials }: Config, name: string): GivenPassword | undefined {
  const header = pdk.request.getHeader(name);
  if (header === undefined) return undefined;
  if (hide_credentials) pdk.service.request.clearHeader(name);
  return parseBasic(header);
}

/** Takes passwords off the request that nobody needs to look at; headers of another scheme are not this plugin's. */
function hide(pdk: Pdk<Entities>): void {
  for (const name of ["proxy-authorization", "authorization"]) {
    const header = pdk.request.getHeader(name);
    if (header !== undefined && parseBasic(header) !== undefined) pdk.service.request.clearHeader(name);
  }
}

function find(pdk: Pdk<Entities>, given: GivenPassword | undefined): MaybePromise<BasicauthCredential | undefined> {
  return given === undefined ? undefined : pdk.db.basicauth_credentials.selectBy("username", given.username);
}

/** Stands in for the credential that an unknown user does not have, so that the answer takes as long as to a wrong password. */
const nobody = { consumer: { id: "00000000-0000-0000-0000-000000000000" }, password: "0".repeat(40) };

function decide(
  pdk: Pdk<Entities>,
  failure: AuthenticationFailure,
  { password }: GivenPassword,
  credential: BasicauthCredential | undefined,
): MaybePromise<AuthenticationFailure | undefined> {
  const expected = credential ?? nobody;
  const isRight = safeEqual(hashPassword(password, expected.consumer.id), expected.password);
  return isRight && credential !== undefined ? identifyConsumer(pdk, credential, credential.username) : failure;
}
