import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { type EntityCheck, foreign, str } from "../schema/field.js";
import { isLoadableJwk } from "../schema/text-keys.js";
import { createdAt, id, tags, updatedAt } from "../schema/typedefs.js";
import { jwkFields, pem } from "../schema/typedefs-keys.js";
import { recordValidator } from "../schema/validators.js";
import { isObject } from "../schema/values.js";

/** A JWK is stored as text, so its members are checked here and not by the field. */
function jwkFault(text: string, kid: unknown): string | undefined {
  let jwk: unknown;
  try {
    jwk = JSON.parse(text);
  } catch {
    return "could not json decode jwk string";
  }
  if (!isObject(jwk) || jwk.kid !== kid) return "kid in jwk.kid must be equal to keys.kid";
  if (!isLoadableJwk(jwk)) return "could not load JWK, likely not a valid key";
  const faults = Object.entries(recordValidator(jwkFields, false)(jwk) ?? {});
  if (faults.length === 0) return undefined;
  const texts = faults.map(([name, fault]) => `${name}: ${typeof fault === "string" ? fault : JSON.stringify(fault)}`);
  return `Validation error: ${texts.sort().join("; ")}`;
}

const material: EntityCheck = {
  kind: "custom",
  fieldSources: ["jwk", "pem", "kid"],
  description: "A JWK has the same `kid`, loads as a key, and has no unknown members.",
  check({ jwk, pem: pair, kid }) {
    if (typeof jwk === "string") return jwkFault(jwk, kid);
    const hasKey = !isObject(pair) || typeof pair.private_key === "string" || typeof pair.public_key === "string";
    return hasKey ? undefined : "need to supply a PEM formatted public and/or private key.";
  },
};

/** Shown in documentation. Nobody has kept its private half. */
const samplePublicKey = [
  "-----BEGIN PUBLIC KEY-----",
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeG5+BzMMse8yWAjPj8xg7dfpLAhE",
  "Ba261DkyccRwrUAQMw7eP9KZhe80Km1Ik2QZDAHdGXxVSNVzM51ir8hYZg==",
  "-----END PUBLIC KEY-----",
].join("\n");

/** A key, asymmetric, as JWK or PEM. */
export const keys = defineEntity({
  name: "keys",
  description: "A key, asymmetric, as JWK or PEM.",
  endpointKey: "name",
  cacheKey: ["kid", "set"],
  fields: {
    id: id("Identifies the key."),
    set: foreign("key_sets", { onDelete: "cascade", description: "The key set it belongs to." }),
    name: str({ unique: true, description: "Name of the key, unique.", example: "partner-2026" }),
    kid: str({ required: true, description: "Id of the key within its set.", example: "2026-01" }),
    jwk: str({ referenceable: true, encrypted: true, description: "The key as the JSON text of a JWK. Excludes `pem`." }),
    pem: pem({
      required: false,
      description: "The key in PEM. Excludes `jwk`.",
      example: { public_key: samplePublicKey, private_key: null },
    }),
    tags: tags(),
    created_at: createdAt,
    updated_at: updatedAt,
  },
  checks: [{ kind: "mutually_exclusive", fields: ["jwk", "pem"] }, { kind: "at_least_one_of", fields: ["jwk", "pem"] }, material],
});

/** A key as stored: unset fields `null`. */
export type Key = Infer<typeof keys>;

/** A key as given: `kid`, and `jwk` or `pem`. */
export type KeyInput = InferInput<typeof keys>;
