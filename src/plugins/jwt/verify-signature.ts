import { constants, createHmac, type KeyObject, verify } from "node:crypto";
import { safeEqual } from "../../util/safe-equal.js";
import type { JwtAlgorithm } from "./entities.js";

/** How one algorithm (RFC 7518 section 3, RFC 8037) verifies, and which keys it takes. */
interface Verification {
  readonly takes: (key: KeyObject) => boolean;
  readonly verify: (key: KeyObject, signed: string, signature: Buffer) => boolean;
}

const algorithms: Readonly<Record<JwtAlgorithm, Verification>> = {
  HS256: hmac("sha256"),
  HS384: hmac("sha384"),
  HS512: hmac("sha512"),
  RS256: rsa("sha256"),
  RS384: rsa("sha384"),
  RS512: rsa("sha512"),
  PS256: rsaPss("sha256"),
  PS384: rsaPss("sha384"),
  PS512: rsaPss("sha512"),
  ES256: ecdsa("sha256", "prime256v1", 64),
  ES384: ecdsa("sha384", "secp384r1", 96),
  ES512: ecdsa("sha512", "secp521r1", 132),
  EdDSA: {
    takes: ({ asymmetricKeyType }) => asymmetricKeyType === "ed25519" || asymmetricKeyType === "ed448",
    verify: (key, signed, signature) => verify(null, Buffer.from(signed), key, signature),
  },
};

/** True for the name of an algorithm that tokens may be signed with. `none` is not one. */
export function isAlgorithm(name: unknown): name is JwtAlgorithm {
  return typeof name === "string" && Object.hasOwn(algorithms, name);
}

/** True for those algorithms that sign and verify with the same secret. */
export function isSymmetric(algorithm: JwtAlgorithm): boolean {
  return algorithm.startsWith("HS");
}

/** True when the key is of the kind, and on the curve, that the algorithm is defined for. */
export function takesKey(algorithm: JwtAlgorithm, key: KeyObject): boolean {
  return algorithms[algorithm].takes(key);
}

/** @param key - one that the algorithm takes */
export function verifySignature(algorithm: JwtAlgorithm, key: KeyObject, signed: string, signature: Buffer): boolean {
  return algorithms[algorithm].verify(key, signed, signature);
}

function hmac(hash: string): Verification {
  return {
    takes: ({ type }) => type === "secret",
    verify: (key, signed, signature) => safeEqual(createHmac(hash, key).update(signed).digest(), signature),
  };
}

function rsa(hash: string): Verification {
  return {
    takes: ({ asymmetricKeyType }) => asymmetricKeyType === "rsa",
    verify: (key, signed, signature) =>
      verify(hash, Buffer.from(signed), { key, padding: constants.RSA_PKCS1_PADDING }, signature),
  };
}

function rsaPss(hash: string): Verification {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return {
    takes: ({ asymmetricKeyType }) => asymmetricKeyType === "rsa" || asymmetricKeyType === "rsa-pss",
    verify: (key, signed, signature) => verify(hash, Buffer.from(signed), { key, padding }, signature),
  };
}

/** @param length - of the signature, both numbers: OpenSSL need not be asked about one of another length */
function ecdsa(hash: string, curve: string, length: number): Verification {
  return {
    takes: ({ asymmetricKeyType, asymmetricKeyDetails }) =>
      asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === curve,
    verify: (key, signed, signature) =>
      signature.length === length && verify(hash, Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }, signature),
  };
}
