import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { isDeeperThan } from "../util/json-depth.js";
import { unquoteDeckCalls } from "./deck.js";
import { duplicateJsonKeys } from "./duplicate-keys.js";
import { jsonFault } from "./json-fault.js";
import { jsonLocator } from "./json-positions.js";
import { type DocumentPath, type Locate, lineFinder, type Position } from "./positions.js";
import { maxDepth, readYaml, YamlError } from "./yaml.js";

/** A declarative document as values, and where in the text each of them was written. */
export interface ParsedDocument {
  /** An object; or a list, which the later checks refuse. */
  readonly document: object;
  readonly locate: Locate;
  /** Keys that stand more than once in one map. */
  readonly duplicates: readonly DocumentPath[];
}

/** What {@link parseDocument} takes beside the text. */
export interface ParseOptions {
  /** The end of the name decides: `json`, or `yaml` and `yml`. Without a name JSON is tried first, then YAML. */
  readonly filename?: string;
  /** It may be a state file of decK. */
  readonly deck?: boolean;
}

/** @param filename - `undefined`: anything may be */
export function mayBeJson(filename: string | undefined): boolean {
  return filename === undefined || /json$/.test(filename);
}

/** As {@link mayBeJson}. */
export function mayBeYaml(filename: string | undefined): boolean {
  return filename === undefined || /ya?ml$/.test(filename);
}

const failed = "failed parsing declarative configuration: ";

/**
 * Reads the text of a declarative document.
 *
 * @throws `DeclarativeConfigError` when the text is neither JSON nor YAML, or no object
 */
export function parseDocument(text: string, { filename, deck = false }: ParseOptions = {}): ParsedDocument {
  const yaml = (): ParsedDocument => parseYaml(deck ? unquoteDeckCalls(text) : text, filename);
  if (filename === undefined) return parseJson(text) ?? yaml();
  if (mayBeJson(filename)) return parseJson(text, filename) as ParsedDocument;
  if (mayBeYaml(filename)) return yaml();
  throw parseError(`unknown file type: ${filename}. (Accepted types: json, yaml)`, filename);
}

/** @param filename - of what can only be JSON */
function parseJson(text: string, filename?: string): ParsedDocument | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    if (filename !== undefined) {
      throw parseError(failed + (cause as Error).message, filename, cause, lineFinder(text)(jsonFault(text)));
    }
    return undefined;
  }
  if (typeof document === "object" && document !== null) {
    if (isDeeperThan(text, maxDepth)) throw parseError(`${failed}nested too deeply`, filename);
    return { document, locate: jsonLocator(text), duplicates: duplicateJsonKeys(text, document) };
  }
  if (filename !== undefined) throw parseError(`${failed}expected an object`, filename);
  return undefined;
}

function parseYaml(text: string, filename: string | undefined): ParsedDocument {
  try {
    const { value, locate, duplicates } = readYaml(text);
    if (typeof value === "object" && value !== null) return { document: value, locate, duplicates };
  } catch (cause) {
    if (cause instanceof YamlError) throw parseError(failed + cause.message, filename, cause, positionIn(cause.message));
    throw cause;
  }
  throw parseError(`${failed}expected an object`, filename);
}

/** Faults of YAML begin with their place, unless they are about the whole text. */
function positionIn(message: string): Position | undefined {
  const place = /^(\d+):(\d+): /.exec(message);
  return place ? { line: Number(place[1]), column: Number(place[2]) } : undefined;
}

function parseError(text: string, file: string | undefined, cause?: unknown, position?: Position): DeclarativeConfigError {
  return new DeclarativeConfigError({
    fields: { error: text },
    issues: [{ path: "", message: text, ...(file === undefined ? {} : { file }), ...(position ?? {}) }],
    cause,
  });
}
