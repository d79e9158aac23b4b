import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { perConfig } from "../../plugin-runner/per-config.js";
import { decodeBase64Url } from "../../util/base64.js";
import type { JwtSecret } from "./entities.js";
import { isSymmetric, takesKey } from "./verify-signature.js";

/** A credential's key, or why there is none: it has no key material, or material that its algorithm cannot use. */
export type CredentialKey = KeyObject | "missing" | "unusable";

// Reading a PEM takes longer than verifying with the key, so a key is made once for each stored credential.
const plainKey = perConfig((credential: JwtSecret): CredentialKey => makeKey(credential, false));
const base64Key = perConfig((credential: JwtSecret): CredentialKey => makeKey(credential, true));

/**
 * The key that verifies the tokens of a credential. Which field it is made from depends on the credential's own algorithm, never on
 * what a token says.
 */
export function keyOf(credential: JwtSecret, secretIsBase64: boolean): CredentialKey {
  return secretIsBase64 ? base64Key(credential) : plainKey(credential);
}

function makeKey({ algorithm, secret, rsa_public_key }: JwtSecret, secretIsBase64: boolean): CredentialKey {
  if (algorithm !== null && !isSymmetric(algorithm)) {
    if (rsa_public_key === null) return "missing";
    const key = readPublicKey(rsa_public_key);
    return key !== undefined && takesKey(algorithm, key) ? key : "unusable";
  }
  const bytes = secretIsBase64 ? decodeBase64Url(secret) : Buffer.from(secret);
  return bytes === undefined || bytes.length === 0 ? "missing" : createSecretKey(bytes);
}

function readPublicKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}
