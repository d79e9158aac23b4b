import { hash, randomUUID } from "node:crypto";

const dash = 2;
const uuidLength = 36;
/** 1 for hexadecimal digits, by character code. */
const kinds = new Uint8Array(128);
for (const character of "0123456789abcdefABCDEF") kinds[character.charCodeAt(0)] = 1;
kinds["-".charCodeAt(0)] = dash;

/**
 * Any of the 8-4-4-4-12 hexadecimal texts, in either case, as Kong accepts them. Every key that comes in is looked at, and a regular
 * expression took several times as long.
 */
export function isUuid(value: unknown): value is string {
  if (typeof value !== "string" || value.length !== uuidLength) return false;
  for (let index = 0; index < uuidLength; index++) {
    const isDash = index === 8 || index === 13 || index === 18 || index === 23;
    if (kinds[value.charCodeAt(index)] !== (isDash ? dash : 1)) return false;
  }
  return true;
}

/** A random UUID (version 4), lower case. */
export function uuidV4(): string {
  return randomUUID();
}

/** The 16 bytes of a UUID: the namespace form that {@link uuidV5} takes. */
export function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll("-", ""), "hex");
}

/** One hash object per id was a tenth of the time that it takes to load a large document. */
const scratch = Buffer.allocUnsafe(1024);

/**
 * A name-based UUID (version 5, RFC 9562 §5.5): the same namespace and name always give the same id.
 *
 * @param namespace - see {@link uuidBytes}
 */
export function uuidV5(namespace: Buffer, name: string): string {
  const length = 16 + Buffer.byteLength(name);
  const bytes = length <= scratch.length ? scratch : Buffer.allocUnsafe(length);
  namespace.copy(bytes, 0, 0, 16);
  bytes.write(name, 16, "utf8");
  const digest = hash("sha1", bytes.subarray(0, length), "hex");
  const variant = "89ab"[Number.parseInt(digest[16] as string, 16) & 3] as string;
  const hex = `${digest.slice(0, 12)}5${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
