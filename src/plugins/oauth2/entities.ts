import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { arrayOf, bool, foreign, int, oneOf, str } from "../../schema/field.js";
import { createdAt, id, tags } from "../../schema/typedefs.js";
import { splitUrl } from "../../util/split-url.js";
import { hashClientSecret } from "./client-secret.js";

function redirectUriFault(uri: string): string | undefined {
  const { scheme, host } = splitUrl(uri);
  if (scheme === undefined || host === undefined) return `cannot parse '${uri}'`;
  return uri.includes("#") ? `fragment not allowed in '${uri}'` : undefined;
}

const service = foreign("services", {
  default: null,
  onDelete: "cascade",
  description: "The service it is good for. Unset: all of them.",
});

const credential = foreign("oauth2_credentials", {
  required: true,
  onDelete: "cascade",
  description: "The application it was made for.",
});

/** The applications of consumers. */
export const oauth2Credentials = defineEntity({
  name: "oauth2_credentials",
  description: "The applications of consumers.",
  endpointKey: "client_id",
  cacheKey: ["client_id"],
  adminApiName: "oauth2",
  fields: {
    id: id("Identifies the application."),
    created_at: createdAt,
    consumer: foreign("consumers", { required: true, onDelete: "cascade", description: "The consumer whose application it is." }),
    name: str({ required: true, description: "Name of the application." }),
    client_id: str({ unique: true, auto: true, description: "Public id of the application, unique. Random when not given." }),
    client_secret: str({ auto: true, encrypted: true, description: "Secret of the application. Random when not given." }),
    hash_secret: bool({ required: true, default: false, description: "Whether the secret is stored, and returned, hashed." }),
    redirect_uris: arrayOf(str({ validator: redirectUriFault }), {
      description: "Absolute URLs, without fragment, to which users may be sent back.",
    }),
    tags: tags(),
    client_type: oneOf(["confidential", "public"], {
      required: true,
      default: "confidential",
      description: "Whether the application can keep a secret.",
    }),
  },
  transformations: [
    {
      input: ["hash_secret"],
      needs: ["client_secret"],
      onWrite: ({ hash_secret: hash, client_secret: secret }) =>
        hash === true ? { client_secret: hashClientSecret(secret as string) } : {},
    },
  ],
});

/** An application as stored. */
export type Oauth2Credential = Infer<typeof oauth2Credentials>;

/** An application as given. */
export type Oauth2CredentialInput = InferInput<typeof oauth2Credentials>;

/** Codes that are waiting to be exchanged for tokens. */
export const oauth2AuthorizationCodes = defineEntity({
  name: "oauth2_authorization_codes",
  description: "Codes that are waiting to be exchanged for tokens.",
  ttl: true,
  dbExport: false,
  cached: false,
  generateAdminApi: false,
  fields: {
    id: id("Identifies the code."),
    created_at: createdAt,
    service,
    credential,
    code: str({ unique: true, auto: true, description: "The code, unique. Random when not given." }),
    authenticated_userid: str({ description: "The user who agreed." }),
    scope: str({ description: "What the user agreed to." }),
    challenge: str({ description: "Challenge that the exchange must answer (PKCE)." }),
    challenge_method: oneOf(["S256"], { description: "How the challenge is made." }),
    plugin: foreign("plugins", { default: null, onDelete: "cascade", description: "The plugin instance that made it." }),
  },
});

/** A code as stored. */
export type Oauth2AuthorizationCode = Infer<typeof oauth2AuthorizationCodes>;

/** A code as given. */
export type Oauth2AuthorizationCodeInput = InferInput<typeof oauth2AuthorizationCodes>;

/** Tokens that applications call with. */
export const oauth2Tokens = defineEntity({
  name: "oauth2_tokens",
  description: "Tokens that applications call with.",
  endpointKey: "access_token",
  cacheKey: ["access_token"],
  ttl: true,
  fields: {
    id: id("Identifies the token."),
    created_at: createdAt,
    service,
    credential,
    token_type: oneOf(["bearer"], { required: true, default: "bearer", description: "Always `bearer`." }),
    expires_in: int({ required: true, description: "Seconds from its making until it is refused; 0 for never." }),
    access_token: str({ unique: true, auto: true, description: "The token, unique. Random when not given." }),
    refresh_token: str({ unique: true, description: "What a new token can be had for, unique." }),
    authenticated_userid: str({ description: "The user who agreed." }),
    scope: str({ description: "What the user agreed to." }),
  },
});

/** A token as stored. */
export type Oauth2Token = Infer<typeof oauth2Tokens>;

/** A token as given. */
export type Oauth2TokenInput = InferInput<typeof oauth2Tokens>;
