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

/** Ids are made by the hundred thousand: calls of Buffer's methods took longer than the hash. */
const scratch = Buffer.allocUnsafe(1024);
/** The first bytes of it, by how many they are. */
const views: Buffer[] = [];
const digits = Buffer.allocUnsafe(uuidLength);
const variants = Buffer.from("89ab", "latin1");

/**
 * A name-based UUID (version 5, RFC 9562 §5.5): the same namespace and name always give the same id.
 *
 * @param namespace - see {@link uuidBytes}
 */
export function uuidV5(namespace: Buffer, name: string): string {
  const text = hash("sha1", hashed(namespace, name), "hex");
  // Put together in place: a text made of pieces stays in pieces, and is slow to look up.
  let to = 0;
  for (let from = 0; from < 32; from++) {
    if (from === 8 || from === 12 || from === 16 || from === 20) digits[to++] = dashCode;
    digits[to++] = text.charCodeAt(from);
  }
  digits[14] = versionCode;
  digits[19] = variants[hexValue(text.charCodeAt(16)) & 3] as number;
  return digits.toString("latin1");
}

function hashed(namespace: Buffer, name: string): Buffer {
  const length = 16 + name.length;
  if (length > scratch.length) return Buffer.concat([namespace, Buffer.from(name)]);
  for (let at = 0; at < 16; at++) scratch[at] = namespace[at] as number;
  for (let at = 16; at < length; at++) {
    const code = name.charCodeAt(at - 16);
    if (code > 0x7f) return Buffer.concat([namespace, Buffer.from(name)]);
    scratch[at] = code;
  }
  views[length] ??= scratch.subarray(0, length);
  return views[length];
}

const dashCode = "-".charCodeAt(0);
const versionCode = "5".charCodeAt(0);

/** Of a lower-case hexadecimal digit. */
function hexValue(code: number): number {
  return code < 0x60 ? code - 0x30 : code - 0x57;
}
