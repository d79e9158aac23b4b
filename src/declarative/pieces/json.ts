import { setOwn } from "../../schema/values.js";
import { endQuote } from "../../util/json-text.js";
import { maxDepth } from "../yaml.js";
import { type CutDocument, PieceCutter } from "./piece.js";

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Keys of one object, or of all that are open: with more, there are better ways of looking for duplicates. */
const mostKeys = 256;

/**
 * Cuts the lists at the top out of a JSON text. Their items are passed over, not read: a piece may still turn out not to be JSON.
 *
 * @returns `undefined` when the text is not JSON, nor an object, or is too uncommon for the short way: keys that seem to stand twice,
 *   items of great length, nesting without end
 */
export function cutJson(text: string): CutDocument | undefined {
  return new JsonScanner(text).cut();
}

/** A piece as a JSON text of its own. */
export function jsonPiece(text: string, { start, end }: { readonly start: number; readonly end: number }): string {
  return `[${text.slice(start, end)}]`;
}

class JsonScanner {
  readonly #text: string;
  readonly #cutter: PieceCutter;
  /** Hashes of the keys of all objects that are open, from the outside in. */
  readonly #keys = new Int32Array(mostKeys);
  /** Where the keys of each open container begin. */
  readonly #bounds = new Int32Array(maxDepth + 1);

  constructor(text: string) {
    this.#text = text;
    this.#cutter = new PieceCutter(text);
  }

  cut(): CutDocument | undefined {
    const text = this.#text;
    const top: Record<string, unknown> = {};
    let at = this.#space(text.charCodeAt(0) === 0xfeff ? 1 : 0);
    if (text.charCodeAt(at) !== openObject) return undefined;
    at = this.#space(at + 1);
    if (text.charCodeAt(at) !== closeObject) {
      for (;;) {
        if (text.charCodeAt(at) !== quote) return undefined;
        const keyEnd = this.#endOfValue(at);
        const key = jsonValue(text.slice(at, keyEnd));
        if (typeof key !== "string" || Object.hasOwn(top, key)) return undefined;
        at = this.#space(keyEnd);
        if (text.charCodeAt(at) !== colon) return undefined;
        at = this.#space(at + 1);
        const isList = text.charCodeAt(at) === openList;
        const end = isList ? this.#list(key, at) : this.#endOfValue(at);
        const value = end === -1 ? undefined : isList ? [] : jsonValue(text.slice(at, end));
        if (value === undefined) return undefined;
        setOwn(top, key, value);
        at = this.#space(end);
        if (text.charCodeAt(at) !== comma) break;
        at = this.#space(at + 1);
      }
      if (text.charCodeAt(at) !== closeObject) return undefined;
    }
    if (this.#space(at + 1) !== text.length) return undefined;
    return { top, pieces: this.#cutter.pieces, items: this.#cutter.items };
  }

  /** @returns the place behind the list; -1 when it is none, or none for us */
  #list(key: string, start: number): number {
    const text = this.#text;
    this.#cutter.open(key);
    let at = this.#space(start + 1);
    if (text.charCodeAt(at) === closeList) return at + 1;
    for (;;) {
      const end = this.#endOfValue(at);
      if (end === -1 || !this.#cutter.add(at, end)) return -1;
      at = this.#space(end);
      const next = text.charCodeAt(at);
      if (next === closeList) break;
      if (next !== comma) return -1;
      at = this.#space(at + 1);
    }
    this.#cutter.close();
    return at + 1;
  }

  /** The place behind a value, which may be no JSON; -1 where it does not end, and for what is too uncommon. */
  #endOfValue(start: number): number {
    const text = this.#text;
    const first = text.charCodeAt(start);
    if (first === quote) return endQuote(text, start) + 1 || -1;
    if (first !== openObject && first !== openList) {
      let at = start;
      while (at < text.length && !isEnd(text.charCodeAt(at))) at++;
      return at === start ? -1 : at;
    }
    return this.#endOfContainer(start);
  }

  #endOfContainer(start: number): number {
    const text = this.#text;
    const { length } = text;
    const keys = this.#keys;
    const bounds = this.#bounds;
    let depth = 0;
    let known = 0;
    for (let at = start; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        const end = endQuote(text, at);
        if (end === -1) return -1;
        const next = this.#space(end + 1);
        if (text.charCodeAt(next) !== colon) {
          at = end;
          continue;
        }
        let hash = 0;
        for (let place = at + 1; place < end; place++) {
          const char = text.charCodeAt(place);
          // An escaped key may be the same as one that is not.
          if (char === backslash) return -1;
          hash = (Math.imul(hash, 31) + char) | 0;
        }
        if (known === mostKeys) return -1;
        for (let key = bounds[depth] as number; key < known; key++) if (keys[key] === hash) return -1;
        keys[known++] = hash;
        at = next;
      } else if (code === openObject || code === openList) {
        // The whole text is an object around it, and a list may be around that.
        if (++depth > maxDepth - 2) return -1;
        bounds[depth] = known;
      } else if (code === closeObject || code === closeList) {
        known = bounds[depth] as number;
        if (--depth === 0) return at + 1;
      }
    }
    return -1;
  }

  #space(start: number): number {
    let at = start;
    while (isSpace(this.#text.charCodeAt(at))) at++;
    return at;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isEnd(code: number): boolean {
  return code === comma || code === closeObject || code === closeList || isSpace(code);
}

function jsonValue(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
