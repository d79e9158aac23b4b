import { constants, createHmac, type KeyObject, sign } from "node:crypto";

export const base64url = (value: string | Buffer | object): string =>
  Buffer.from(Buffer.isBuffer(value) ? value : typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** Signs what a token's signature is about. Written without the library's code, so that a mistake there cannot hide here. */
export function signature(algorithm: string, signed: string, key: string | Buffer | KeyObject): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith("HS")) return createHmac(hash, key).update(signed).digest();
  const data = Buffer.from(signed);
  if (algorithm === "EdDSA") return sign(null, data, key as KeyObject);
  if (algorithm.startsWith("ES")) return sign(hash, data, { key: key as KeyObject, dsaEncoding: "ieee-p1363" });
  const padding = algorithm.startsWith("PS") ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return sign(hash, data, { key: key as KeyObject, padding, ...(algorithm.startsWith("PS") ? { saltLength: 32 } : {}) });
}

/** A signed token. */
export function makeToken(
  claims: object,
  key: string | Buffer | KeyObject,
  { alg = "HS256", header = {} }: { readonly alg?: string; readonly header?: object } = {},
): string {
  const signed = `${base64url({ typ: "JWT", alg, ...header })}.${base64url(claims)}`;
  return `${signed}.${base64url(signature(alg, signed, key))}`;
}
