import { bool, type EntityCheck, type InferFields, num, oneOf, setOf, str } from "../../schema/field.js";
import { headerTextFault } from "../../schema/header-text.js";

export const configFields = {
  uri_param_names: setOf(str(), { default: ["jwt"], description: "Names of the query arguments that may hold the token." }),
  cookie_names: setOf(str(), { default: [], description: "Names of the cookies that may hold the token." }),
  key_claim_name: str({ default: "iss", description: "The claim, or member of the token's header, that names the credential." }),
  secret_is_base64: bool({ required: true, default: false, description: "Secrets are base64: their bytes are the key." }),
  claims_to_verify: setOf(oneOf(["exp", "nbf"]), { description: "The claims that must be there and hold." }),
  anonymous: str({ description: "Id or username of the consumer that stands for clients who cannot be authenticated." }),
  run_on_preflight: bool({ required: true, default: true, description: "Authenticates OPTIONS requests too." }),
  maximum_expiration: num({
    default: 0,
    between: [0, 31_536_000],
    description: "Seconds from now that `exp` may lie ahead; 0: any time.",
  }),
  header_names: setOf(str(), {
    default: ["authorization"],
    description: "Names of the headers that may hold the token, after `Bearer`.",
  }),
  realm: str({ validator: headerTextFault, description: "The realm that `WWW-Authenticate` names." }),
};

export type JwtConfig = InferFields<typeof configFields>;

export const checks: readonly EntityCheck[] = [
  {
    kind: "conditional",
    ifField: "maximum_expiration",
    ifMatch: { gt: 0 },
    thenField: "claims_to_verify",
    thenMatch: { contains: "exp" },
  },
];
