import type { ConfigIssue, FieldErrors } from "../errors/field-errors.js";
import type { ParseOptions } from "./parse.js";
import type { DocumentPath, Position } from "./positions.js";

/** What the thread that parses is started with. */
export interface ParseJob {
  readonly options: ParseOptions;
  /** MD5 of the text in force: nothing is to be done when it comes again. */
  readonly knownHash: string | null;
}

/** What the thread is told. */
export type ParseOrder =
  | { readonly kind: "piece"; readonly piece: string | Uint8Array }
  | { readonly kind: "parse" | "next" }
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
  /** Belongs to the end of the list at `path`: JSON, or the values. `length`: characters of JSON. */
  | {
      readonly kind: "items";
      readonly path: DocumentPath;
      readonly items: string | readonly unknown[];
      readonly length: number;
    }
  | { readonly kind: "end" }
  | { readonly kind: "places"; readonly places: readonly (Position | undefined)[] };
