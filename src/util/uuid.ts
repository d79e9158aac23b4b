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
const digits = Buffer.allocUnsafe(40);
const variants = Buffer.from("89ab", "latin1");

/**
 * A name-based UUID (version 5, RFC 9562 §5.5): the same namespace and name always give the same id.
 *
 * @param namespace - see {@link uuidBytes}
 */
export function uuidV5(namespace: Buffer, name: string): string {
  // A character takes three bytes at most.
  const bytes = 16 + name.length * 3 <= scratch.length ? scratch : Buffer.allocUnsafe(16 + Buffer.byteLength(name));
  namespace.copy(bytes, 0, 0, 16);
  const length = 16 + bytes.write(name, 16, "utf8");
  // Put together in place: a text made of pieces stays in pieces, and is slow to look up.
  digits.write(hash("sha1", bytes.subarray(0, length), "hex"), 0, "latin1");
  const variant = variants[hexValue(digits[16] as number) & 3] as number;
  digits.copyWithin(24, 20, 32);
  digits.copyWithin(19, 16, 20);
  digits.copyWithin(14, 12, 16);
  digits.copyWithin(9, 8, 12);
  digits[8] = digits[13] = digits[18] = digits[23] = dashCode;
  digits[14] = versionCode;
  digits[19] = variant;
  return digits.toString("latin1", 0, uuidLength);
}

const dashCode = "-".charCodeAt(0);
const versionCode = "5".charCodeAt(0);

/** Of a lower-case hexadecimal digit. */
function hexValue(code: number): number {
  return code < 0x60 ? code - 0x30 : code - 0x57;
}
