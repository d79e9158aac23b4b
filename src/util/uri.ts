import { Buffer, isUtf8 } from "node:buffer";

const PERCENT = 0x25;
const DOT = 0x2e;
const SLASH = 0x2f;
const END = -1;

const HEX = "0123456789ABCDEF";

/** Value of a hexadecimal digit by character code, -1 for everything else. */
const HEX_VALUE = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  HEX_VALUE[HEX.charCodeAt(value)] = value;
  HEX_VALUE[HEX.toLowerCase().charCodeAt(value)] = value;
}

/** Bytes whose triplet stays encoded: they mean something else when written raw. */
const RESERVED = byteSet("!*'();:@&=+$,/?%#[]");

/** Bytes that may stand in a path on the wire as they are. */
const WIRE_SAFE = byteSet("!#$&'()*+,/:;=?@[]ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%");

function byteSet(characters: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) set[characters.charCodeAt(i)] = 1;
  return set;
}

/**
 * Normalises a path that is text, as in a configuration: every `%XX` that is not a reserved character is decoded, the
 * others get upper-case digits, dot segments go, and runs of `/` become one. Returns the very same string when there is
 * nothing to do.
 *
 * Triplets that decode to something that is not UTF-8 become U+FFFD, so that such a path never equals its own normal
 * form.
 *
 * @param path a path without query.
 * @param mergeSlashes whether runs of `/` become one.
 */
export function normalizePath(path: string, mergeSlashes = true): string {
  if (isNormalized(path, mergeSlashes, 0x10000)) return path;
  const bytes = Buffer.from(path, "utf8");
  return bytes.toString("utf8", 0, normalizeBytes(bytes, mergeSlashes));
}

/**
 * Normalises the path of a request target as {@link normalizePath} does. Node hands over the bytes of a request line as
 * Latin-1 characters, so characters from U+0080 to U+00FF count as bytes here.
 *
 * @param path the path as received, without query (see {@link splitTarget}).
 * @param mergeSlashes whether runs of `/` become one.
 * @returns the normalised path as text; `undefined` when its bytes are not valid UTF-8.
 */
export function normalizeRequestPath(path: string, mergeSlashes = true): string | undefined {
  if (isNormalized(path, mergeSlashes, 0x80)) return path;
  // Characters above U+00FF cannot come from the wire; a caller who passes them means text.
  const bytes = Buffer.from(path, /[^\0-\xff]/.test(path) ? "utf8" : "latin1");
  const normalized = bytes.subarray(0, normalizeBytes(bytes, mergeSlashes));
  return isUtf8(normalized) ? normalized.toString("utf8") : undefined;
}

/** Whether one pass over `path` finds nothing that normalisation could change. May say `false` too often, never `true`. */
function isNormalized(path: string, mergeSlashes: boolean, firstForeignCode: number): boolean {
  const length = path.length;
  let afterSlash = true;
  for (let i = 0; i < length; i++) {
    const code = path.charCodeAt(i);
    if (code === SLASH) {
      if (afterSlash && mergeSlashes && i > 0) return false;
      afterSlash = true;
      continue;
    }
    if (code === PERCENT || code >= firstForeignCode) return false;
    if (afterSlash && code === DOT) {
      const next = i + 1 < length ? path.charCodeAt(i + 1) : END;
      // A name with a dot in front, such as `/.well-known`, is no dot segment.
      if (next === END || next === SLASH || next === DOT) return false;
    }
    afterSlash = false;
  }
  return true;
}

/** Normalises in place (the result is never longer) and returns the new length. */
function normalizeBytes(bytes: Buffer, mergeSlashes: boolean): number {
  return removeDotSegments(bytes, decodeTriplets(bytes), mergeSlashes);
}

function decodeTriplets(bytes: Buffer): number {
  const length = bytes.length;
  let write = 0;
  for (let read = 0; read < length; read++) {
    const byte = bytes[read] as number;
    if (byte === PERCENT && read + 2 < length) {
      const high = HEX_VALUE[bytes[read + 1] as number] as number;
      const low = HEX_VALUE[bytes[read + 2] as number] as number;
      if (high >= 0 && low >= 0) {
        const decoded = high * 16 + low;
        if (RESERVED[decoded] === 1) {
          bytes[write++] = PERCENT;
          bytes[write++] = HEX.charCodeAt(high);
          bytes[write++] = HEX.charCodeAt(low);
        } else {
          bytes[write++] = decoded;
        }
        read += 2;
        continue;
      }
    }
    bytes[write++] = byte;
  }
  return write;
}

/**
 * RFC 3986 section 5.2.4. Slashes are merged as they are met, before a following `..` takes a segment away, so
 * `/a//../b` becomes `/b` (and `/a/b` without merging).
 */
function removeDotSegments(bytes: Buffer, length: number, mergeSlashes: boolean): number {
  let read = 0;
  let write = 0;
  while (read < length) {
    const first = bytes[read];
    const second = read + 1 < length ? bytes[read + 1] : END;
    const third = read + 2 < length ? bytes[read + 2] : END;
    if (first === SLASH) {
      if (second === DOT && (third === SLASH || third === END)) {
        if (third === END) bytes[write++] = SLASH;
        read += third === END ? 3 : 2;
        continue;
      }
      if (second === DOT && third === DOT) {
        const fourth = read + 3 < length ? bytes[read + 3] : END;
        if (fourth === SLASH || fourth === END) {
          write = lastSlash(bytes, write);
          if (fourth === END) bytes[write++] = SLASH;
          read += fourth === END ? 4 : 3;
          continue;
        }
      }
      if (second === SLASH && mergeSlashes) {
        read++;
        continue;
      }
    } else if (first === DOT && (second === SLASH || second === END)) {
      read += 2;
      continue;
    } else if (first === DOT && second === DOT && (third === SLASH || third === END)) {
      read += 3;
      continue;
    }
    do {
      bytes[write++] = bytes[read++] as number;
    } while (read < length && bytes[read] !== SLASH);
  }
  return write;
}

function lastSlash(bytes: Buffer, end: number): number {
  let position = end - 1;
  while (position > 0 && bytes[position] !== SLASH) position--;
  return Math.max(position, 0);
}

/**
 * Escapes a path for the wire: every byte that may not stand there raw becomes `%XX`. A `%` is left alone, so triplets
 * that are there already stay. Returns the very same string when there is nothing to do.
 */
export function escapePath(path: string): string {
  for (let i = 0; i < path.length; i++) {
    if (WIRE_SAFE[path.charCodeAt(i)] !== 1) return escapeFrom(path, i);
  }
  return path;
}

function escapeFrom(path: string, start: number): string {
  let escaped = path.slice(0, start);
  const bytes = Buffer.from(path.slice(start), "utf8");
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    escaped += WIRE_SAFE[byte] === 1 ? String.fromCharCode(byte) : `%${HEX.charAt(byte >> 4)}${HEX.charAt(byte & 15)}`;
  }
  return escaped;
}

/** A request target cut in two. */
export interface TargetParts {
  /** The path as received. */
  readonly path: string;
  /** The query with its `?`; empty when there is none. */
  readonly query: string;
}

/** Scheme and authority of an absolute-form target (RFC 9112 section 3.2.2). */
const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * Cuts a request target at its first `?` (one at the very start does not count). Of an absolute-form target
 * (`http://host/path`) only what follows the authority is taken, `/` when there is no path. Asterisk form (`*`) and
 * authority form (`host:port`) are a path of their own.
 */
export function splitTarget(target: string): TargetParts {
  const origin = target.charCodeAt(0) === SLASH ? target : originForm(target);
  const mark = origin.indexOf("?", 1);
  return mark < 0 ? { path: origin, query: "" } : { path: origin.slice(0, mark), query: origin.slice(mark) };
}

/** The target in origin form; anything but absolute form is returned as it is. */
export function originForm(target: string): string {
  if (target.charCodeAt(0) === SLASH) return target;
  const absolute = ABSOLUTE_FORM.exec(target);
  if (absolute === null) return target;
  const rest = target.slice(absolute[0].length);
  return rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
}
