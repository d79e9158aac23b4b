import { SizeLimit } from "./declarative/check-size.js";
import { faultPath } from "./declarative/faults.js";
import { documentHash } from "./declarative/hash.js";
import {
  type CheckedDocument,
  type CheckOptions,
  checkDocument,
  type DeclarativeContext,
  type DocumentSource,
  type LoadedDocument,
  parsedText,
  Refused,
  withWarnings,
} from "./declarative/load.js";
import { type RemoteDocument, TextThread } from "./declarative/parse-off-thread.js";
import type { DocumentPath, Locate } from "./declarative/positions.js";
import type { DocumentRecord } from "./declarative/records.js";
import type { KeptDocument } from "./declarative/reuse.js";
import { DeclarativeConfigError } from "./errors/dao-errors.js";
import { OptionsError } from "./errors/gateway-error.js";
import { declarativeSettings } from "./gateway-declarative.js";
import type { LoadResult } from "./gateway-events.js";
import { memCacheBytes } from "./gateway-settings.js";
import type { DeclarativeDocument, GatewayOptions } from "./options.js";
import type { EntityDefinition } from "./schema/entity.js";
import { md5 } from "./util/md5.js";
import { readRegularFile, readRegularFileSync } from "./util/regular-file.js";
import { runAtOnce, type StepProgress, type Steps } from "./util/steps.js";

/** What {@link Gateway.loadConfig} takes: a document, its YAML or JSON text, or the path of a file. */
export type ConfigInput = DeclarativeDocument | string | { readonly path: string };

/** A document that has not been looked at yet: an object, a text, or the bytes of a file. */
export interface ConfigContent {
  readonly input: string | object | Buffer;
  readonly filename?: string;
}

/** Texts of this length are parsed by a thread of their own. */
const bigText = 1_048_576;

/**
 * The document, or the content of the file.
 *
 * @throws DeclarativeConfigError for what is neither an object nor a text, OptionsError when the file cannot be read
 */
export async function contentOf(input: ConfigInput): Promise<ConfigContent> {
  if (!isContent(input)) throw notAnObject();
  if (typeof input === "object" && typeof input.path === "string" && !("_format_version" in input)) {
    try {
      return { input: await readRegularFile(input.path), filename: input.path };
    } catch (error) {
      throw unreadable("path", error);
    }
  }
  return { input: input as string | object };
}

/**
 * The first configuration; without one, the empty document.
 *
 * @throws OptionsError when the file cannot be read
 */
export function firstContent({ declarativeConfig, declarativeConfigString }: GatewayOptions): ConfigContent {
  if (declarativeConfig !== undefined && !isContent(declarativeConfig)) {
    throw new OptionsError("declarativeConfig", "must be the path of a file, or a document");
  }
  if (typeof declarativeConfig === "object") return { input: declarativeConfig };
  if (typeof declarativeConfig === "string") {
    try {
      return { input: readRegularFileSync(declarativeConfig), filename: declarativeConfig };
    } catch (error) {
      throw unreadable("declarativeConfig", error);
    }
  }
  if (declarativeConfigString !== undefined && typeof declarativeConfigString !== "string") {
    throw new OptionsError("declarativeConfigString", "must be a text");
  }
  return { input: declarativeConfigString ?? { _format_version: "3.0" } };
}

function unreadable(option: string, error: unknown): OptionsError {
  return new OptionsError(option, `the file cannot be read: ${(error as Error).message}`, error);
}

function isContent(input: unknown): input is string | object {
  return typeof input === "string" || (typeof input === "object" && input !== null);
}

function notAnObject(): DeclarativeConfigError {
  const message = "failed parsing declarative configuration: expected an object";
  return new DeclarativeConfigError({ fields: { error: message }, issues: [{ path: "", message }] });
}

/** The first configuration as it would be given to `loadConfig`. */
export function firstInput({ declarativeConfig, declarativeConfigString }: GatewayOptions): ConfigInput {
  if (typeof declarativeConfig === "string") return { path: declarativeConfig };
  return declarativeConfig ?? declarativeConfigString ?? { _format_version: "3.0" };
}

/** A document that may be put in force. */
export interface ReadConfig {
  readonly document: LoadedDocument;
  /** Of the input as it was given: the same input has the same one. */
  readonly hash: string;
  /** What the next load may use again. */
  readonly kept: KeptDocument;
}

/** What a document is read with. */
export interface ReadContext {
  /** All entities that may occur. */
  readonly entities: readonly EntityDefinition[];
  readonly options: GatewayOptions;
}

/**
 * Reads and checks a document in one go.
 *
 * @throws DeclarativeConfigError when it is refused, ConfigTooLargeError
 */
export function readContent(content: ConfigContent, context: ReadContext): ReadConfig {
  const declarative = declarativeContext(content, context);
  const source = sourceOf(content.input, declarative);
  try {
    const checked = runAtOnce(checkSteps(source, content, context));
    return readConfig(checked, declarative, source.locate);
  } catch (error) {
    throw error instanceof Refused ? error.shown(source.locate) : error;
  }
}

/** What reading in slices takes in addition. */
export interface SlicedReadContext extends ReadContext {
  readonly before: KeptDocument | undefined;
  /** The hash of the input in force, which is not read again; `null`: any is. */
  readonly knownHash: string | null;
  /** Does work in slices. */
  run<T>(steps: Steps<T>): Promise<T>;
  /** Ends the load at once; what it is aborted with is what the load rejects with. */
  readonly signal: AbortSignal;
  /** Told how far the parsing of a big text has come. What it throws ends the load. */
  parsed(progress: StepProgress): void;
}

/**
 * Reads and checks a document beside everything else that the process does. The caller must not change it meanwhile.
 *
 * @returns `undefined` when it is the one in force
 * @throws DeclarativeConfigError when it is refused, ConfigTooLargeError
 */
export async function readInSlices(content: ConfigContent, context: SlicedReadContext): Promise<ReadConfig | undefined> {
  const { knownHash, before, run, signal } = context;
  const declarative = declarativeContext(content, context);
  const { input } = content;
  const isBig = (typeof input === "string" || Buffer.isBuffer(input)) && input.length >= bigText;
  const { filename, deck = false } = declarative;
  const thread = isBig
    ? TextThread.start({ knownHash, options: { ...(filename === undefined ? {} : { filename }), deck } }, before?.pieces)
    : undefined;
  const abort = (): void => thread?.stop(signal.reason as Error);
  signal.addEventListener("abort", abort);
  try {
    const remote = thread && (await parseRemote(thread, input as string | Buffer, context));
    if (thread && remote === undefined) return undefined;
    const text = Buffer.isBuffer(input) ? input.toString("utf8") : input;
    if (!remote && typeof text === "string" && md5(text) === knownHash) return undefined;
    const source = remote?.source ?? sourceOf(text, declarative);
    const locating = async (paths: readonly DocumentPath[]): Promise<Locate | undefined> =>
      remote ? await remote.locate(paths) : source.locate;
    try {
      const hash = source.hash ?? (await run(hashSteps(source.document)));
      if (hash !== undefined && hash === knownHash) return undefined;
      const options = before === undefined ? {} : { before };
      const checked = await run(checkSteps({ ...source, ...(hash === undefined ? {} : { hash }) }, content, context, options));
      return readConfig(checked, declarative, await locating(checked.findings.map(faultPath)));
    } catch (error) {
      throw error instanceof Refused ? error.shown(await locating(error.faults.map(faultPath))) : error;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    await thread?.close();
  }
}

function parseRemote(
  thread: TextThread,
  input: string | Buffer,
  { options, parsed }: SlicedReadContext,
): Promise<RemoteDocument | undefined> {
  const limit = sizeLimit(options);
  return thread.parse(input, {
    received(done, total, characters) {
      // A record takes more than its text.
      limit?.allow(characters);
      parsed({ phase: "parse", done, total });
    },
  });
}

function sourceOf(input: string | object | Buffer, context: DeclarativeContext): DocumentSource {
  return typeof input === "string" ? parsedText(input, context) : { document: input };
}

/** `undefined` for what cannot be written down: the check says so. */
function* hashSteps(document: object): Steps<string | undefined> {
  try {
    return yield* documentHash(document);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function declarativeContext({ filename }: ConfigContent, { entities, options }: ReadContext): DeclarativeContext {
  return {
    entities,
    now: options.clock ?? Date.now,
    writable: (options.database ?? "off") !== "off",
    ...declarativeSettings(options.declarative),
    ...(filename === undefined ? {} : { filename }),
  };
}

function checkSteps(
  source: DocumentSource,
  content: ConfigContent,
  context: ReadContext,
  options: CheckOptions = {},
): Steps<CheckedDocument> {
  const limit = sizeLimit(context.options);
  const counting = limit ? { onRecord: (record: DocumentRecord) => limit.add(record) } : {};
  // Texts are ours; an object may be changed by whoever gave it.
  const copy = typeof content.input === "object" && !Buffer.isBuffer(content.input);
  return checkDocument(source, declarativeContext(content, context), { ...options, copy, ...counting });
}

/** Only what is all there is has a limit. */
function sizeLimit(options: GatewayOptions): SizeLimit | undefined {
  return (options.database ?? "off") === "off" ? new SizeLimit(memCacheBytes(options)) : undefined;
}

function readConfig(checked: CheckedDocument, context: DeclarativeContext, locate: Locate | undefined): ReadConfig {
  return { document: withWarnings(checked, context, locate), hash: checked.inputHash, kept: checked.kept };
}

/** @param started - `performance.now()` when the load began */
export function loadResult({ hash, counts, warnings }: LoadedDocument, started: number): LoadResult {
  // The one workspace is always there, and in hardly any document.
  const { workspaces: _, ...counted } = counts;
  return { hash, changed: true, counts: counted, warnings, durationMs: performance.now() - started };
}
