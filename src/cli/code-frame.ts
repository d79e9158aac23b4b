import { type Io, paint } from "./io.js";

/** Lines of the text shown before the one that is meant. */
const BEFORE = 1;
/** Longer lines are cut: of a document on one line, only the place matters. */
const WIDTH = 120;

/**
 * The place in a text that a fault is about, with a mark below it.
 *
 * @param line - counted from 1, as is `column`
 * @returns no lines when the text has no such place
 */
export function codeFrame(lines: readonly string[], line: number, column: number, io: Io): string[] {
  if (lines[line - 1] === undefined) return [];
  const from = Math.max(0, column - 1 - WIDTH / 2);
  const width = String(line).length;
  const shown: string[] = [];
  for (let number = Math.max(1, line - BEFORE); number <= line; number++) {
    const text = (lines[number - 1] as string).slice(from, from + WIDTH).replaceAll("\t", " ");
    const gutter = `${number === line ? ">" : " "} ${String(number).padStart(width)} |`;
    shown.push(`  ${paint(io, "err", "dim", gutter)} ${text}`.trimEnd());
  }
  const mark = `${" ".repeat(column - 1 - from)}${paint(io, "err", "red", "^")}`;
  shown.push(`  ${paint(io, "err", "dim", `  ${" ".repeat(width)} |`)} ${mark}`);
  return shown;
}
