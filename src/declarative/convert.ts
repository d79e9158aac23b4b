import type { Document, Node, Pair, Scalar, YAMLMap } from "yaml";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { lazyRequire } from "../util/lazy-require.js";
import { migratePath } from "./migrate-paths.js";
import { parseDocument } from "./parse.js";

const yaml = lazyRequire<typeof import("yaml")>("yaml");

/** A converted document. */
export interface ConvertedDocument {
  readonly text: string;
  /** Its version before. */
  readonly from: string;
  /** How many paths are written otherwise now. */
  readonly paths: number;
}

/** A stretch of the text, and what takes its place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Rewrites a document of format 1.1 or 2.1 to 3.0. Only the version and the paths that are written otherwise now change: comments,
 * anchors and the way in which all the rest is written stay.
 *
 * @param text - YAML or JSON
 * @param filename - its end decides which
 * @throws DeclarativeConfigError for a text that is neither, or that has no version that we know
 */
export function convertDocument(text: string, filename?: string): ConvertedDocument {
  const { document: value, locate } = parseDocument(text, filename === undefined ? {} : { filename });
  const from = (value as Readonly<Record<string, unknown>>)._format_version;
  if (from !== "1.1" && from !== "2.1" && from !== "3.0") {
    const message = from === undefined ? "required field missing" : "expected one of: 1.1, 2.1, 3.0";
    throw new DeclarativeConfigError({
      fields: { _format_version: message },
      issues: [
        {
          path: "_format_version",
          message,
          ...locate(["_format_version"]),
          ...(filename === undefined ? {} : { file: filename }),
        },
      ],
    });
  }
  if (from === "3.0") return { text, from, paths: 0 };
  // JSON is YAML too. The version and paths are texts, so the rules for other values do not matter.
  const document = yaml().parseAllDocuments(text, {
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  })[0] as Document;
  const editor = new Editor(document);
  editor.setVersion();
  for (const route of editor.routes()) editor.migrate(route);
  return { text: editor.apply(text), from, paths: editor.paths };
}

class Editor {
  paths = 0;
  readonly #document: Document;
  readonly #edits = new Map<Node, Edit>();

  constructor(document: Document) {
    this.#document = document;
  }

  setVersion(): void {
    const version = this.#member(this.#document.contents, "_format_version");
    if (yaml().isNode(version)) this.#replace(version, "3.0", "QUOTE_DOUBLE");
  }

  /** Those that Kong migrates: at the top, and of services at the top. */
  routes(): readonly unknown[] {
    const top = this.#document.contents;
    const services = this.#items(this.#member(top, "services"));
    return [top, ...services].flatMap((parent) => this.#items(this.#member(parent, "routes")));
  }

  migrate(route: unknown): void {
    for (const item of this.#items(this.#member(route, "paths"))) {
      const scalar = this.#resolved(item);
      if (!yaml().isScalar(scalar) || typeof scalar.value !== "string") continue;
      const path = migratePath(scalar.value);
      // What an anchor stands for is rewritten where it is used: somewhere else it may be no path.
      if (path !== scalar.value && this.#replace(item as Node, path, scalar.type)) this.paths++;
    }
  }

  apply(text: string): string {
    let result = text;
    for (const { start, end, text: by } of [...this.#edits.values()].sort((a, b) => b.start - a.start)) {
      result = result.slice(0, start) + by + result.slice(end);
    }
    return result;
  }

  /** @returns `false` when it has been done already: several routes may share a list */
  #replace(node: Node, value: string, type: Scalar["type"]): boolean {
    if (this.#edits.has(node) || !node.range) return false;
    const [start, end] = node.range;
    const own = yaml().isScalar(node) ? node.type : undefined;
    const isBlock = own === "BLOCK_FOLDED" || own === "BLOCK_LITERAL";
    this.#edits.set(node, { start, end, text: written(value, type) + (isBlock ? "\n" : "") });
    return true;
  }

  #resolved(node: unknown): unknown {
    return yaml().isAlias(node) ? node.resolve(this.#document) : node;
  }

  #items(node: unknown): readonly unknown[] {
    const list = this.#resolved(node);
    return yaml().isSeq(list) ? list.items : [];
  }

  /** The value of a key, the last of several, or that of a map that is merged in. */
  #member(node: unknown, name: string): unknown {
    const map = this.#resolved(node);
    if (!yaml().isMap(map)) return undefined;
    const pairs = (map as YAMLMap).items as readonly Pair[];
    const keyed = (key: string): Pair | undefined =>
      pairs.findLast((pair) => yaml().isScalar(pair.key) && pair.key.value === key);
    const own = keyed(name);
    if (own) return own.value;
    const merged = this.#resolved(keyed("<<")?.value);
    for (const source of yaml().isSeq(merged) ? merged.items : [merged]) {
      const value = this.#member(source, name);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

/** As the author wrote it, where that is possible. In single quotes, regular expressions keep their backslashes. */
function written(value: string, type: Scalar["type"]): string {
  if (type === "QUOTE_DOUBLE") return JSON.stringify(value);
  if (type === "PLAIN" && /^[\w/.~-]+$/.test(value) && /[a-z/]/i.test(value) && !value.startsWith("-")) return value;
  return `'${value.replaceAll("'", "''")}'`;
}
