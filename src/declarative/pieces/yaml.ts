import { isObject, setOwn } from "../../schema/values.js";
import { type DocumentPath, type Locate, lineFinder, type Position } from "../positions.js";
import { readYaml, type YamlText } from "../yaml.js";
import { type CutDocument, type Piece, PieceCutter } from "./piece.js";

/** Something that others may refer to, wherever they stand. It may be in a text or a comment, too. */
const anchor = /(?:^|[\s[{,:?-])&[^\s,[\]{}]/m;
/** An old Macintosh's end of a line, which is one here and none there. */
const loneReturn = /\r(?!\n)/;
/** A key at the top, and what follows it in its line. */
const topKey = /^(?:([A-Za-z_][\w-]*)|"([^"\\]*)"|'([^']*)')[ \t]*:(?:[ \t]+(.*))?$/;
const nothing = /^(?:#.*)?$/;

/** Whole lines of the text. */
interface Part {
  readonly start: number;
  readonly end: number;
}

/** A key at the top, with its value. */
interface Section extends Part {
  readonly key: string;
  /** What stands behind it in its line. */
  readonly rest: string;
  end: number;
}

/** A cut document that still knows the places of its text. */
export interface CutYaml extends CutDocument {
  /** The items of a piece; `undefined` when the piece cannot be read by itself, or says a thing twice. */
  read(piece: Piece): readonly unknown[] | undefined;
  readonly locate: Locate;
}

/**
 * Cuts the lists at the top out of a YAML text, by the indentation of its lines.
 *
 * What is cut wrongly cannot be read: whatever goes on where we cut, texts in quotes and lists in brackets, has not ended there.
 *
 * @returns `undefined` for what is no map in block style, and for what is too uncommon for the short way: anchors, more than one
 *   document, directives, items of great length
 */
export function cutYaml(text: string): CutYaml | undefined {
  return anchor.test(text) || loneReturn.test(text) ? undefined : new YamlScanner(text).cut();
}

class YamlScanner implements CutYaml {
  readonly top: Record<string, unknown> = {};
  readonly #text: string;
  readonly #cutter: PieceCutter;
  readonly #sections: Section[] = [];
  #position: ((offset: number) => Position) | undefined;
  /** The part in which a place was looked for last: the next is mostly in the same. */
  #located: { readonly part: Part; readonly read: YamlText | undefined } | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#cutter = new PieceCutter(text);
  }

  get pieces(): readonly Piece[] {
    return this.#cutter.pieces;
  }

  get items(): number {
    return this.#cutter.items;
  }

  cut(): CutYaml | undefined {
    if (!this.#findSections()) return undefined;
    for (const section of this.#sections) {
      if (Object.hasOwn(this.top, section.key) || !this.#isKey(section)) return undefined;
      const isList = this.#cutList(section);
      if (isList === undefined) return undefined;
      const value = isList ? [] : this.#value(section);
      if (value === undefined) return undefined;
      setOwn(this.top, section.key, value);
    }
    return this;
  }

  read({ start, end, count }: Piece): readonly unknown[] | undefined {
    const value = readAlone(this.#text.slice(start, end))?.value;
    return Array.isArray(value) && value.length === count ? value : undefined;
  }

  readonly locate: Locate = (path) => {
    const [key, index] = path;
    const section = this.#sections.find((one) => one.key === key);
    if (section === undefined) return this.#placeIn(this.#sections[0] as Section, []);
    const piece =
      typeof index === "number"
        ? this.pieces.find((one) => one.key === key && index >= one.first && index < one.first + one.count)
        : undefined;
    if (piece) return this.#placeIn(piece, [(index as number) - piece.first, ...path.slice(2)]);
    return this.#placeIn(section, path);
  };

  #placeIn(part: Part, path: DocumentPath): Position | undefined {
    if (this.#located?.part !== part) this.#located = { part, read: readAlone(this.#text.slice(part.start, part.end)) };
    const place = this.#located.read?.locate(path);
    if (place === undefined) return undefined;
    this.#position ??= lineFinder(this.#text);
    return { line: this.#position(part.start).line + place.line - 1, column: place.column };
  }

  /** @returns `false` for lines at the left edge that are neither keys nor items of lists */
  #findSections(): boolean {
    const text = this.#text;
    let mayBegin = true;
    let open: Section | undefined;
    for (let start = text.charCodeAt(0) === 0xfeff ? 1 : 0; start < text.length; ) {
      const end = lineEnd(text, start);
      const first = text[start] as string;
      // Most lines are indented, and not looked at here.
      if (open === undefined || (first !== " " && first !== "\n")) {
        const line = text.slice(start, end).trimEnd();
        if (line === "---" && mayBegin) mayBegin = false;
        else if (!nothing.test(line) && !(open && (line === "-" || line.startsWith("- ")))) {
          const key = topKey.exec(line);
          if (!key) return false;
          if (open) open.end = start;
          open = { key: (key[1] ?? key[2] ?? key[3]) as string, rest: key[4] ?? "", start, end: text.length };
          this.#sections.push(open);
          mayBegin = false;
        }
      }
      start = end + 1;
    }
    return open !== undefined;
  }

  /** @returns whether the section was a list; `undefined` when it is one that cannot be cut */
  #cutList({ key, rest, start, end }: Section): boolean | undefined {
    if (!nothing.test(rest)) return false;
    const text = this.#text;
    let indent: number | undefined;
    let item = -1;
    this.#cutter.open(key);
    for (let line = lineEnd(text, start) + 1; line < end; line = lineEnd(text, line) + 1) {
      let at = line;
      while (text.charCodeAt(at) === 0x20) at++;
      const char = text[at];
      if (char === "\n" || char === "\r" || char === "#" || char === undefined) continue;
      if (char === "\t") return undefined;
      if (indent === undefined) {
        if (!isItem(text, at)) return false;
        indent = at - line;
      }
      if (at - line > indent) continue;
      if (at - line < indent || !isItem(text, at)) return undefined;
      if (item !== -1 && !this.#cutter.add(item, line)) return undefined;
      item = line;
    }
    if (item === -1) return false;
    if (!this.#cutter.add(item, end)) return undefined;
    this.#cutter.close();
    return true;
  }

  /** Whether the key is the text that it looks like, and not `null` or the like. */
  #isKey({ key, start }: Section): boolean {
    const value = readAlone(`${this.#text.slice(start, this.#text.indexOf(":", start + key.length))}:`)?.value;
    return isObject(value) && Object.hasOwn(value, key);
  }

  /** What stands behind a key that has no list. */
  #value({ key, start, end }: Section): unknown {
    const value = readAlone(this.#text.slice(start, end))?.value;
    return isObject(value) && Object.hasOwn(value, key) && Object.keys(value).length === 1 ? value[key] : undefined;
  }
}

function isItem(text: string, at: number): boolean {
  if (text[at] !== "-") return false;
  const next = text[at + 1];
  return next === undefined || next === " " || next === "\n" || next === "\r";
}

/** Reads a part of a text. What is wrong with it, who reads the whole text will find in its right place. */
function readAlone(text: string): YamlText | undefined {
  try {
    const read = readYaml(text);
    return read.duplicates.length === 0 ? read : undefined;
  } catch {
    return undefined;
  }
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}
