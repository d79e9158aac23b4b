import { acls } from "./acl/entities.js";
import { acmeStorage } from "./acme/entities.js";
import { basicauthCredentials } from "./basic-auth/entities.js";
import { hmacauthCredentials } from "./hmac-auth/entities.js";
import { jwtSecrets } from "./jwt/entities.js";
import { keyauthCredentials } from "./key-auth/entities.js";
import { oauth2AuthorizationCodes, oauth2Credentials, oauth2Tokens } from "./oauth2/entities.js";
import { ratelimitingMetrics } from "./rate-limiting/entities.js";
import { responseRatelimitingMetrics } from "./response-ratelimiting/entities.js";
import { sessionMetadatas, sessions } from "./session/entities.js";

/**
 * The entities of Kong's own plugins, by plugin. Documents and stores know them even where the plugin itself is not there (yet), so that
 * nothing of a configuration is lost; using such a plugin is refused all the same.
 */
export const pluginEntities = {
  acl: { acls },
  acme: { acme_storage: acmeStorage },
  "basic-auth": { basicauth_credentials: basicauthCredentials },
  "hmac-auth": { hmacauth_credentials: hmacauthCredentials },
  jwt: { jwt_secrets: jwtSecrets },
  "key-auth": { keyauth_credentials: keyauthCredentials },
  oauth2: {
    oauth2_credentials: oauth2Credentials,
    oauth2_authorization_codes: oauth2AuthorizationCodes,
    oauth2_tokens: oauth2Tokens,
  },
  "rate-limiting": { ratelimiting_metrics: ratelimitingMetrics },
  "response-ratelimiting": { response_ratelimiting_metrics: responseRatelimitingMetrics },
  session: { sessions, session_metadatas: sessionMetadatas },
} as const;
