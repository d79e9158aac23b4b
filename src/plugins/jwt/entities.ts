import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { foreign, oneOf, str } from "../../schema/field.js";
import { isLoadableKey } from "../../schema/text-keys.js";
import { createdAt, id, tags } from "../../schema/typedefs.js";

const algorithms = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "EdDSA",
] as const;

/** An algorithm that tokens may be signed with. */
export type JwtAlgorithm = (typeof algorithms)[number];

/** Those that need a public key. The ECDSA ones do too, but Kong accepts them without. */
const asymmetric: readonly JwtAlgorithm[] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"];

/** The keys and secrets with which consumers' tokens are verified. */
export const jwtSecrets = defineEntity({
  name: "jwt_secrets",
  description: "The keys and secrets with which consumers' tokens are verified.",
  endpointKey: "key",
  cacheKey: ["key"],
  adminApiName: "jwts",
  adminApiNestedName: "jwt",
  fields: {
    id: id("Identifies the credential."),
    created_at: createdAt,
    consumer: foreign("consumers", { required: true, onDelete: "cascade", description: "The consumer whose tokens these are." }),
    key: str({ unique: true, auto: true, description: "What tokens name in their `iss` claim, unique. Random when not given." }),
    secret: str({ auto: true, description: "Secret of the HMAC algorithms. Random when not given." }),
    rsa_public_key: str({ description: "Public key of the other algorithms, in PEM." }),
    algorithm: oneOf(algorithms, { default: "HS256", description: "The algorithm that tokens must be signed with." }),
    tags: tags(),
  },
  checks: [
    {
      kind: "conditional",
      ifField: "algorithm",
      ifMatch: { oneOf: asymmetric },
      thenField: "rsa_public_key",
      thenMatch: { required: true, validator: (key: string) => (isLoadableKey(key) ? undefined : "invalid key") },
    },
  ],
});

/** A token credential as stored. */
export type JwtSecret = Infer<typeof jwtSecrets>;

/** A token credential as given. */
export type JwtSecretInput = InferInput<typeof jwtSecrets>;
