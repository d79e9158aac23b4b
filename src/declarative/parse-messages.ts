import type { ConfigIssue, FieldErrors } from "../errors/field-errors.js";
import type { ParseOptions } from "./parse.js";
import type { DocumentPath, Position } from "./positions.js";

/** What the thread that parses is started with. */
export interface ParseJob {
  readonly options: ParseOptions;
  /** MD5 of the text in force: nothing is to be done when it comes again. */
  readonly knownHash: string | null;
  /** Pieces of the text in force, by fingerprint: their items need not be sent again. */
  readonly knownPieces: ReadonlySet<string>;
}

/** What the thread is told. */
export type ParseOrder =
  | { readonly kind: "piece"; readonly piece: string | Uint8Array }
  /** `whole`: the text could not be read piece by piece. */
  | { readonly kind: "parse"; readonly whole: boolean }
  | { readonly kind: "next" }
  | { readonly kind: "locate"; readonly paths: readonly DocumentPath[] };

/** What it answers: to `parse`, to each `next`, to `locate`. */
export type ParseAnswer =
  | { readonly kind: "same" }
  | { readonly kind: "refused"; readonly fields: FieldErrors; readonly issues: readonly ConfigIssue[] }
  /** The document with empty lists; `items` says how many items the lists at the top have. */
  | {
      readonly kind: "document";
      readonly hash: string;
      readonly document: object;
      readonly duplicates: readonly DocumentPath[];
      readonly marks: string;
      readonly items: number;
    }
  | ParsedItems
  /** The next items are those of a piece that the text in force has too. */
  | {
      readonly kind: "known";
      readonly path: DocumentPath;
      readonly fingerprint: string;
      readonly length: number;
    }
  /** A piece cannot be read by itself. */
  | { readonly kind: "whole" }
  | { readonly kind: "end" }
  | { readonly kind: "places"; readonly places: readonly (Position | undefined)[] };

/** Items that belong to the end of the list at `path`. */
export interface ParsedItems {
  readonly kind: "items";
  readonly path: DocumentPath;
  /** JSON, or the values. */
  readonly items: string | readonly unknown[];
  /** Characters of JSON. */
  readonly length: number;
  /** Of the piece that they are. */
  readonly fingerprint?: string;
}
