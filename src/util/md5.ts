import { createHash } from "node:crypto";

/** MD5 of a text's UTF-8 bytes, as 32 lower-case hexadecimal digits. A fingerprint of configurations, not a safeguard. */
export function md5(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex");
}
