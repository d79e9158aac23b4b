import { arrayOf, bool, type InferFields, num, oneOf, str } from "../../schema/field.js";
import { headerTextFault } from "../../schema/header-text.js";

const ALGORITHMS = ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"] as const;

export const configFields = {
  hide_credentials: bool({
    required: true,
    default: false,
    description: "Takes the credentials off the request before it goes upstream.",
  }),
  clock_skew: num({ default: 300, gt: 0, description: "Seconds that the date of a request may be away from the gateway's." }),
  anonymous: str({ description: "Id or username of the consumer that stands for clients who cannot be authenticated." }),
  validate_request_body: bool({
    required: true,
    default: false,
    description: "Compares the body with the `Digest` header; holds the body in memory.",
  }),
  enforce_headers: arrayOf(str(), { default: [], description: "Names that every signature must cover." }),
  algorithms: arrayOf(oneOf(ALGORITHMS), { default: ALGORITHMS, description: "The algorithms that clients may sign with." }),
  realm: str({ validator: headerTextFault, description: "The realm that `WWW-Authenticate` names." }),
};

export type HmacAuthConfig = InferFields<typeof configFields>;
