import { md5 } from "../../util/md5.js";

/** A run of items of one list at the top of a document, as it stands in the text. */
export interface Piece {
  /** The list's key. */
  readonly key: string;
  /** The position of its first item in the list. */
  readonly first: number;
  /** Items. */
  readonly count: number;
  /** Where it begins in the text, and where it ends. */
  readonly start: number;
  readonly end: number;
}

/** A document whose lists have been cut out of the text, to be read piece by piece. */
export interface CutDocument {
  /** The document with empty lists. */
  readonly top: Record<string, unknown>;
  readonly pieces: readonly Piece[];
  /** Of all lists. */
  readonly items: number;
}

/** The items of pieces that have been read already, by {@link fingerprint}. */
export type KnownPieces = ReadonlyMap<string, readonly unknown[]>;

/** The same for pieces that say the same, and only for those: their items need not be read again. */
export function fingerprint(format: "json" | "yaml", text: string): string {
  return `${format} ${text.length} ${md5(text)}`;
}

/** The usual length of a piece, in characters: about a quarter of a millisecond's work for whoever parses its JSON. */
const usualLength = 32_768;
const greatestLength = 4 * usualLength;
/** How many characters of an item decide about the end of a piece. */
const samples = 64;

/**
 * Joins items to pieces. A piece ends behind an item whose own text says so, not after a number of items: where something is added or
 * removed, the pieces before and behind it stay what they are.
 */
export class PieceCutter {
  readonly pieces: Piece[] = [];
  items = 0;
  readonly #text: string;
  #key = "";
  #first = 0;
  #count = 0;
  #start = 0;
  #end = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What follows belongs to the list with this key. */
  open(key: string): void {
    this.#key = key;
    this.#first = 0;
  }

  /** @returns `false` when the item is too long for one piece */
  add(start: number, end: number): boolean {
    if (end - start > greatestLength) return false;
    if (this.#count > 0 && end - this.#start > greatestLength) this.close();
    if (this.#count === 0) this.#start = start;
    this.#end = end;
    this.#count++;
    this.items++;
    if (this.#endsHere(start, end)) this.close();
    return true;
  }

  /** Nothing more belongs to the piece. */
  close(): void {
    if (this.#count === 0) return;
    this.pieces.push({ key: this.#key, first: this.#first, count: this.#count, start: this.#start, end: this.#end });
    this.#first += this.#count;
    this.#count = 0;
  }

  /** As likely as the item is long, so that pieces of long items are as long as those of short ones. */
  #endsHere(start: number, end: number): boolean {
    const length = end - start;
    const step = Math.max(1, Math.floor(length / samples));
    let hash = length;
    for (let at = start; at < end; at += step) hash = (Math.imul(hash, 31) + this.#text.charCodeAt(at)) | 0;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    return ((hash ^ (hash >>> 15)) >>> 0) / 0x1_0000_0000 < length / usualLength;
  }
}
