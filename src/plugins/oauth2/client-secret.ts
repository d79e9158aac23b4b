import { pbkdf2Sync, randomBytes } from "node:crypto";

const iterations = 10_000;
const length = 32;

const unpadded = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");

/**
 * The form in which a client secret is stored: PBKDF2 in the PHC text format, with Kong's parameters. It takes some milliseconds.
 *
 * @param salt - default: 16 random bytes
 */
export function hashClientSecret(secret: string, salt: Buffer = randomBytes(16)): string {
  const hash = pbkdf2Sync(secret, salt, iterations, length, "sha512");
  return `$pbkdf2-sha512$i=${iterations},l=${length}$${unpadded(salt)}$${unpadded(hash)}`;
}
