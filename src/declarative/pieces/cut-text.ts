import { unquoteDeckCalls } from "../deck.js";
import { jsonLocator } from "../json-positions.js";
import { mayBeJson, mayBeYaml, type ParseOptions } from "../parse.js";
import type { Locate } from "../positions.js";
import { mayHoldOddNumbers } from "../splitter.js";
import { cutJson, jsonPiece } from "./json.js";
import type { CutDocument, Piece } from "./piece.js";
import { cutYaml } from "./yaml.js";

/** A text that can be read piece by piece. */
export interface CutText extends CutDocument {
  readonly format: "json" | "yaml";
  readonly locate: Locate;
  /**
   * The items of a piece: values, or JSON, which may still turn out to be none.
   *
   * @returns `undefined` when the piece cannot be read by itself: the whole text has to be read then
   */
  read(piece: Piece): string | readonly unknown[] | undefined;
}

/** Cuts a text into pieces. @returns `undefined` for a text that has to be read as a whole */
export function cutText(text: string, { filename, deck = false }: ParseOptions): CutText | undefined {
  const json = mayBeJson(filename) ? cutJson(text) : undefined;
  if (json) return { ...json, format: "json", locate: jsonLocator(text), read: (piece) => jsonPiece(text, piece) };
  const yaml = mayBeYaml(filename) ? cutYaml(deck ? unquoteDeckCalls(text) : text) : undefined;
  if (!yaml) return undefined;
  const { top, pieces, items, locate } = yaml;
  const read = (piece: Piece): string | readonly unknown[] | undefined => {
    const values = yaml.read(piece);
    return values === undefined || mayHoldOddNumbers(text.slice(piece.start, piece.end)) ? values : JSON.stringify(values);
  };
  return { format: "yaml", top, pieces, items, locate, read };
}
