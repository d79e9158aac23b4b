import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { isDeeperThan, jsonLocator } from "./json-positions.js";
import type { Locate } from "./positions.js";
import { maxDepth, readYaml, YamlError } from "./yaml.js";

/** A declarative document as values, and where in the text each of them was written. */
export interface ParsedDocument {
  /** An object; or a list, which the later checks refuse. */
  readonly document: object;
  readonly locate: Locate;
}

/** What {@link parseDocument} takes beside the text. */
export interface ParseOptions {
  /** The end of the name decides: `json`, or `yaml` and `yml`. Without a name JSON is tried first, then YAML. */
  readonly filename?: string;
}

const failed = "failed parsing declarative configuration: ";

/**
 * Reads the text of a declarative document.
 *
 * @throws `DeclarativeConfigError` when the text is neither JSON nor YAML, or no object
 */
export function parseDocument(text: string, { filename }: ParseOptions = {}): ParsedDocument {
  if (filename === undefined) return parseJson(text) ?? parseYaml(text);
  if (/json$/.test(filename)) return parseJson(text, true) as ParsedDocument;
  if (/ya?ml$/.test(filename)) return parseYaml(text);
  throw parseError(`unknown file type: ${filename}. (Accepted types: json, yaml)`);
}

function parseJson(text: string, only = false): ParsedDocument | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    if (only) throw parseError(failed + (cause as Error).message, cause);
    return undefined;
  }
  if (typeof document === "object" && document !== null) {
    if (isDeeperThan(text, maxDepth)) throw parseError(`${failed}nested too deeply`);
    return { document, locate: jsonLocator(text) };
  }
  if (only) throw parseError(`${failed}expected an object`);
  return undefined;
}

function parseYaml(text: string): ParsedDocument {
  try {
    const { value, locate } = readYaml(text);
    if (typeof value === "object" && value !== null) return { document: value, locate };
  } catch (cause) {
    if (cause instanceof YamlError) throw parseError(failed + cause.message, cause);
    throw cause;
  }
  throw parseError(`${failed}expected an object`);
}

function parseError(text: string, cause?: unknown): DeclarativeConfigError {
  const place = /(\d+):(\d+): /.exec(text);
  return new DeclarativeConfigError({
    fields: { error: text },
    issues: [{ path: "", message: text, ...(place ? { line: Number(place[1]), column: Number(place[2]) } : {}) }],
    cause,
  });
}
