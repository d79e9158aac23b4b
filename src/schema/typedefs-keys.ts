/** Records that hold keys. */
import type { CommonAttributes } from "./attributes.js";
import { arrayOf, type Field, type InferFields, type InferFieldsInput, makeField, type None, str } from "./field.js";
import { isLoadableJwk, pemFault } from "./text-keys.js";

const pemFields = {
  private_key: str({ referenceable: true, encrypted: true, description: "The private key in PEM." }),
  public_key: str({ referenceable: true, description: "The public key in PEM." }),
};

const text = (description: string) => str({ description });

/** The members that a JSON Web Key may have. */
export const jwkFields = {
  issuer: text("Who issued the key."),
  kty: text("Family of algorithms: `RSA`, `EC`, `OKP`."),
  use: text("What the key is for: `sig` or `enc`."),
  key_ops: arrayOf(str(), { description: "What the key may be used for." }),
  alg: text("The algorithm that the key is for."),
  kid: str({ required: true, description: "Id of the key." }),
  x5u: text("Where its certificate is."),
  x5c: arrayOf(str(), { description: "Its certificate and the chain." }),
  x5t: text("SHA-1 thumbprint of its certificate."),
  "x5t#S256": text("SHA-256 thumbprint of its certificate."),
  k: text("A symmetric key."),
  x: text("X coordinate of a point on a curve."),
  y: text("Y coordinate of a point on a curve."),
  crv: text("The curve."),
  n: text("RSA modulus."),
  e: text("RSA public exponent."),
  d: text("The private value."),
  p: text("First prime factor."),
  q: text("Second prime factor."),
  dp: text("Exponent of the first factor."),
  dq: text("Exponent of the second factor."),
  qi: text("Coefficient of the first factor."),
  oth: text("Further prime factors."),
  r: text("A further prime factor."),
  t: text("Coefficient of a further factor."),
};

type RecordField<Out, In, A> = A extends { readonly required: false }
  ? Field<Out | null, In | null, false>
  : Field<Out, In, boolean>;

/** A public key, a private key, or a pair, in PEM. */
export function pem<const A extends CommonAttributes<object> = None>(
  attributes?: A & CommonAttributes<object>,
): RecordField<InferFields<typeof pemFields>, InferFieldsInput<typeof pemFields>, A> {
  const checks = [{ kind: "at_least_one_of", fields: ["private_key", "public_key"] }] as const;
  return makeField("record", { validator: pemFault, ...attributes }, { fields: pemFields, checks });
}

/** A JSON Web Key as an object (RFC 7517). */
export function jwk<const A extends CommonAttributes<object> = None>(
  attributes?: A & CommonAttributes<object>,
): RecordField<InferFields<typeof jwkFields>, InferFieldsInput<typeof jwkFields>, A> {
  const validator = (value: object): string | undefined =>
    isLoadableJwk(withoutNull(value)) ? undefined : "could not load JWK, likely not a valid key";
  return makeField("record", { validator, ...attributes }, { fields: jwkFields });
}

/** A completed record has every member; the loader takes null for a value. */
function withoutNull(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
