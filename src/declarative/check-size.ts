import { ConfigTooLargeError } from "../errors/gateway-error.js";
import type { DocumentRecord } from "./records.js";

// As in `util/estimate-bytes.ts`, without its care for what is reached twice: records are trees, but for the defaults, which all records
// share and which are frozen.
const STRING = 24;
const OBJECT = 24;
const SLOT = 8;
const HEAP_NUMBER = 16;
const ARRAY = 32;

/** A record's share of the tables and indexes around it. */
const indexBytes = 64;

/** Adds up what the records of a configuration take, and refuses it as soon as that is too much. */
export class SizeLimit {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws ConfigTooLargeError with what has been counted so far */
  add(record: DocumentRecord): void {
    record.bytes ||= indexBytes + memberBytes(record.completed);
    this.#bytes += record.bytes;
    this.allow(this.#bytes);
  }

  /** @throws ConfigTooLargeError */
  allow(bytes: number): void {
    if (bytes > this.#maxBytes) throw new ConfigTooLargeError(bytes, this.#maxBytes);
  }
}

function memberBytes(record: Readonly<Record<string, unknown>>): number {
  let bytes = OBJECT;
  for (const key in record) {
    const value = record[key];
    if (value === null || typeof value === "boolean") bytes += SLOT;
    else if (typeof value === "string") bytes += SLOT + STRING + value.length;
    else bytes += SLOT + otherBytes(value);
  }
  return bytes;
}

function otherBytes(value: unknown): number {
  if (typeof value === "string") return STRING + value.length;
  if (typeof value === "number") return (value | 0) === value ? 0 : HEAP_NUMBER;
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return 0;
  if (!Array.isArray(value)) return memberBytes(value as Readonly<Record<string, unknown>>);
  let bytes = ARRAY + value.length * SLOT;
  for (const item of value) bytes += otherBytes(item);
  return bytes;
}
