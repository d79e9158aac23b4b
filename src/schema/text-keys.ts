/** What can be said about keys in PEM and JWK: whether they load, and whether they belong together. */

import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { thrownText } from "../util/thrown.js";
import { isObject, isReference } from "./values.js";

/** The reason why a key can not be loaded; `undefined` when it can. */
function loadFault(load: () => KeyObject): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    return thrownText(error);
  }
}

/** Whether a text is a public or private key in PEM. */
export function isLoadableKey(text: string): boolean {
  return loadFault(() => createPublicKey(text)) === undefined;
}

/** Whether an object is a public or private key as JSON Web Key (RFC 7517). Symmetric keys are none. */
export function isLoadableJwk(jwk: unknown): boolean {
  if (!isObject(jwk)) return false;
  const source = { key: jwk as JsonWebKey, format: "jwk" } as const;
  return loadFault(() => (typeof jwk.d === "string" ? createPrivateKey(source) : createPublicKey(source))) === undefined;
}

/** The pair check of the `pem` record. */
export function pemFault(pem: Readonly<Record<string, unknown>>): string | undefined {
  const { public_key: publicKey, private_key: privateKey } = pem;
  if (isReference(publicKey) || isReference(privateKey)) return undefined;
  if (typeof publicKey === "string" && !isLoadableKey(publicKey)) return "could not load public key";
  if (typeof privateKey !== "string") return undefined;
  const fault = loadFault(() => createPrivateKey(privateKey));
  if (fault !== undefined) return `could not load private key${fault}`;
  if (typeof publicKey !== "string") return undefined;
  const same = createPublicKey(privateKey).equals(createPublicKey(publicKey));
  return same ? undefined : "public key does not match private key";
}
