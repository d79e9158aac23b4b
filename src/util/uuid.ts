import { createHash, randomUUID } from "node:crypto";

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Any of the 8-4-4-4-12 hexadecimal texts, in either case, as Kong accepts them. */
export function isUuid(value: unknown): value is string {
  return typeof value === "string" && uuidText.test(value);
}

/** A random UUID (version 4), lower case. */
export function uuidV4(): string {
  return randomUUID();
}

/** The 16 bytes of a UUID: the namespace form that {@link uuidV5} takes. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

/**
 * A name-based UUID (version 5, RFC 9562 §5.5): the same namespace and name always give the same id.
 *
 * @param namespace - see {@link uuidBytes}
 */
export function uuidV5(namespace: Buffer, name: string): string {
  const bytes = createHash("sha1").update(namespace).update(name, "utf8").digest();
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
