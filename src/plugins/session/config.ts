import { bool, type InferFields, num, oneOf, type Shorthands, setOf, str } from "../../schema/field.js";
import { headerTextFault, tokenFault } from "../../schema/header-text.js";

const SESSION_HEADERS = [
  "id",
  "audience",
  "subject",
  "timeout",
  "idling-timeout",
  "rolling-timeout",
  "absolute-timeout",
] as const;

/** What the headers about a session can tell. */
export type SessionHeader = (typeof SESSION_HEADERS)[number];

/** A semicolon would begin another attribute. */
function attributeFault(value: string): string | undefined {
  return value.includes(";") ? `invalid value: ${value}` : headerTextFault(value);
}

export const configFields = {
  secret: str({
    auto: true,
    encrypted: true,
    referenceable: true,
    description: "What cookies are encrypted with. Random when not given.",
  }),
  storage: oneOf(["cookie", "kong"], {
    default: "cookie",
    description: "Where sessions are kept: in the cookie itself, or in the gateway's database.",
  }),
  audience: str({ default: "default", description: "Whom the session is for; sessions for others are not accepted." }),
  idling_timeout: num({ default: 900, description: "Seconds without a request after which a session ends; 0: never." }),
  rolling_timeout: num({ default: 3_600, description: "Seconds for which a session lasts unless it is renewed; 0: no limit." }),
  absolute_timeout: num({ default: 86_400, description: "Seconds after which a session ends in any case; 0: never." }),
  stale_ttl: num({ default: 10, description: "Seconds for which a session that was replaced stays good." }),
  cookie_name: str({ default: "session", validator: tokenFault, description: "Name of the cookie." }),
  cookie_path: str({ default: "/", validator: attributeFault, description: "`Path` of the cookie." }),
  cookie_domain: str({ validator: attributeFault, description: "`Domain` of the cookie." }),
  cookie_same_site: oneOf(["Strict", "Lax", "None", "Default"], {
    default: "Strict",
    description: "`SameSite` of the cookie; `Default` leaves it to the browser.",
  }),
  cookie_http_only: bool({ default: true, description: "Hides the cookie from scripts." }),
  cookie_secure: bool({ default: true, description: "Sends the cookie over HTTPS only." }),
  remember: bool({ default: false, description: "Keeps a second cookie, with which clients get a new session." }),
  remember_cookie_name: str({ default: "remember", validator: tokenFault, description: "Name of the second cookie." }),
  remember_rolling_timeout: num({
    default: 604_800,
    description: "Seconds for which the second cookie lasts unless it is used; 0: no limit.",
  }),
  remember_absolute_timeout: num({
    default: 2_592_000,
    description: "Seconds after which the second cookie ends in any case; 0: never.",
  }),
  response_headers: setOf(oneOf(SESSION_HEADERS), { description: "What the client is told about the session." }),
  request_headers: setOf(oneOf(SESSION_HEADERS), { description: "What the upstream is told about the session." }),
  read_body_for_logout: bool({ default: false, description: "Looks for `logout_post_arg` in bodies." }),
  logout_methods: setOf(oneOf(["GET", "POST", "DELETE"]), {
    default: ["POST", "DELETE"],
    description: "Methods of requests that may end a session.",
  }),
  logout_query_arg: str({ default: "session_logout", description: "Query argument that ends the session." }),
  logout_post_arg: str({ default: "session_logout", description: "Field of the body that ends the session." }),
  hash_subject: bool({ default: false, description: "Keeps the subject of the session as a hash." }),
  store_metadata: bool({ default: false, description: "Stores whom sessions belong to, for `storage` `kong`." }),
};

export type SessionConfig = InferFields<typeof configFields>;

/** The names of the fields before Kong 3.2. */
export const shorthands: Shorthands = {
  cookie_lifetime: renamed(num(), "rolling_timeout"),
  cookie_idletime: { field: num(), expand: (value: number | null) => ({ idling_timeout: value ?? 0 }) },
  cookie_discard: renamed(num(), "stale_ttl"),
  cookie_renew: { field: num(), expand: () => ({}) },
  cookie_samesite: {
    field: oneOf(["Strict", "Lax", "None", "off"]),
    expand: (value: string | null) => ({ cookie_same_site: value === "off" ? "Lax" : value }),
  },
  cookie_httponly: renamed(bool(), "cookie_http_only"),
  cookie_persistent: renamed(bool(), "remember"),
};

function renamed(field: Shorthands[string]["field"], name: string): Shorthands[string] {
  return { field, expand: (value) => ({ [name]: value }) };
}
