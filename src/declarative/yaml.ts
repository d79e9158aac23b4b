import type { Document, Pair, YAMLMap } from "yaml";
import { setOwn } from "../schema/values.js";
import { lazyRequire } from "../util/lazy-require.js";
import { duplicateYamlKeys } from "./duplicate-keys.js";
import { type DocumentPath, type Locate, lineFinder } from "./positions.js";
import { scalarTags } from "./yaml-scalars.js";

const yaml = lazyRequire<typeof import("yaml")>("yaml");

/** More values than this may not come from aliases and merge keys: ten lines of text can stand for billions. */
const maxAliasedValues = 1_000_000;
/** The depth at which Kong's JSON reader stops too. */
export const maxDepth = 1000;

/** A fault in YAML text. The message starts with line and column where they are known. */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

/** The first document of a YAML text as plain values. Values behind aliases are shared, not copied. */
export interface YamlText {
  readonly value: unknown;
  readonly locate: Locate;
  /** Keys that stand more than once in one map. */
  readonly duplicates: readonly DocumentPath[];
}

/**
 * Reads YAML the way Kong does: unquoted scalars by the rules of `yaml-scalars.ts`, `<<` merges, the last of duplicate keys
 * wins, and of several documents the first counts.
 *
 * @throws {YamlError} for bad syntax, and for text whose aliases multiply beyond all use
 */
export function readYaml(text: string): YamlText {
  const position = lineFinder(text);
  const documents = parse(text);
  for (const { errors } of documents) {
    const [fault] = errors;
    if (!fault) continue;
    const { line, column } = position(fault.pos[0]);
    // The parser reports even its own stack overflow as a fault of the text.
    const message = fault.message.startsWith("Maximum call stack") ? "nested too deeply" : fault.message;
    throw new YamlError(`${line}:${column}: ${message}`);
  }
  const [document] = documents;
  const contents = document?.contents ?? null;
  const reader = new Reader();
  const value = reader.read(contents);
  return {
    value,
    duplicates: reader.sawKeyAgain ? duplicateYamlKeys(contents) : [],
    locate: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : position(offset);
    },
  };
}

function parse(text: string): readonly Document[] {
  try {
    const documents = yaml().parseAllDocuments(text, {
      version: "1.2",
      schema: "failsafe",
      customTags: scalarTags,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    });
    return Array.isArray(documents) ? documents : [];
  } catch (cause) {
    throw new YamlError(cause instanceof RangeError ? "nested too deeply" : String((cause as Error).message), { cause });
  }
}

interface Anchored {
  readonly value: unknown;
  /** How many values it stands for; unknown while it is being read. */
  size: number | undefined;
}

class Reader {
  /** A key was there already, written or merged. */
  sawKeyAgain = false;
  readonly #anchors = new Map<string, Anchored>();
  #values = 0;
  #aliased = 0;
  #depth = 0;

  read(node: unknown): unknown {
    this.#values++;
    if (yaml().isScalar(node)) return this.#remember(node, node.value, () => undefined);
    if (yaml().isMap(node)) {
      const target: Record<string, unknown> = {};
      return this.#remember(node, target, () => this.#fill(target, node));
    }
    if (yaml().isSeq(node)) {
      const target: unknown[] = [];
      return this.#remember(node, target, () => {
        for (const item of node.items) target.push(this.read(item));
      });
    }
    if (yaml().isAlias(node)) return this.#aliasedValue(node.source);
    return null;
  }

  #remember(node: { readonly anchor?: string | undefined }, value: unknown, fill: () => void): unknown {
    if (++this.#depth > maxDepth) throw new YamlError("nested too deeply");
    const before = this.#values + this.#aliased;
    const anchored: Anchored = { value, size: undefined };
    if (node.anchor) this.#anchors.set(node.anchor, anchored);
    fill();
    anchored.size = this.#values + this.#aliased - before + 1;
    this.#depth--;
    return value;
  }

  #aliasedValue(name: string): unknown {
    const anchored = this.#anchors.get(name);
    if (!anchored) throw new YamlError(`unknown anchor: ${name}`);
    if (anchored.size === undefined) throw new YamlError(`anchor contains itself: ${name}`);
    this.#count(anchored.size);
    return anchored.value;
  }

  #count(values: number): void {
    this.#aliased += values;
    if (this.#aliased > maxAliasedValues) throw new YamlError("too many values come from aliases");
  }

  #fill(target: Record<string, unknown>, node: YAMLMap): void {
    for (const { key, value } of node.items as Pair[]) {
      if (isMergeKey(key)) this.#merge(target, this.read(value));
      else {
        const name = this.#key(key);
        if (Object.hasOwn(target, name)) this.sawKeyAgain = true;
        setOwn(target, name, this.read(value));
      }
    }
  }

  #key(key: unknown): string {
    const value = this.read(key);
    return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
  }

  #merge(target: Record<string, unknown>, source: unknown): void {
    if (Array.isArray(source)) {
      for (const item of source) this.#merge(target, item);
      return;
    }
    if (typeof source !== "object" || source === null) throw new YamlError("a merge key takes a map or a list of maps");
    const keys = Object.keys(source);
    this.#count(keys.length);
    for (const key of keys) {
      if (!Object.hasOwn(target, key)) setOwn(target, key, (source as Record<string, unknown>)[key]);
    }
  }
}

function isMergeKey(key: unknown): boolean {
  return yaml().isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

function offsetOf(document: Document | undefined, path: readonly (string | number)[]): number | undefined {
  if (!document) return undefined;
  let node: unknown = document.contents;
  let found = startOf(node);
  for (const part of path) {
    if (yaml().isAlias(node)) node = node.resolve(document);
    if (yaml().isSeq(node) && typeof part === "number") {
      node = node.items[part];
      found = startOf(node) ?? found;
    } else if (yaml().isMap(node)) {
      const pair = (node.items as Pair[]).findLast(({ key }) => yaml().isScalar(key) && String(key.value ?? "") === part);
      if (!pair) break;
      found = startOf(pair.key) ?? found;
      node = pair.value;
    } else break;
  }
  return found;
}

function startOf(node: unknown): number | undefined {
  return yaml().isNode(node) ? node.range?.[0] : undefined;
}
