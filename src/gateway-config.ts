import { readFileSync } from "node:fs";
import { checkSize } from "./declarative/check-size.js";
import { documentHash } from "./declarative/hash.js";
import { type LoadedDocument, loadDeclarative } from "./declarative/load.js";
import { OptionsError } from "./errors/gateway-error.js";
import type { LoadResult } from "./gateway-events.js";
import { memCacheBytes } from "./gateway-settings.js";
import type { DeclarativeDocument, GatewayOptions } from "./options.js";
import type { EntityDefinition } from "./schema/entity.js";
import { md5 } from "./util/md5.js";

/** What {@link Gateway.loadConfig} takes: a document, its YAML or JSON text, or the path of a file. */
export type ConfigInput = DeclarativeDocument | string | { readonly path: string };

/** A document that has not been looked at yet. */
export interface ConfigContent {
  readonly input: string | object;
  readonly filename?: string;
}

/** The document, or the content of the file. */
export function contentOf(input: ConfigInput): ConfigContent {
  if (typeof input === "object" && input !== null && typeof input.path === "string" && !("_format_version" in input)) {
    return { input: readFileSync(input.path, "utf8"), filename: input.path };
  }
  return { input: input as string | object };
}

/**
 * The first configuration; without one, the empty document.
 *
 * @throws OptionsError when the file cannot be read
 */
export function firstContent({ declarativeConfig, declarativeConfigString }: GatewayOptions): ConfigContent {
  if (typeof declarativeConfig === "object") return { input: declarativeConfig };
  if (typeof declarativeConfig === "string") {
    try {
      return { input: readFileSync(declarativeConfig, "utf8"), filename: declarativeConfig };
    } catch (error) {
      throw new OptionsError("declarativeConfig", `the file cannot be read: ${(error as Error).message}`, error);
    }
  }
  return { input: declarativeConfigString ?? { _format_version: "3.0" } };
}

/** Of the input as it was given: the same input has the same one. */
export function contentHash({ input }: ConfigContent): string {
  return typeof input === "string" ? md5(input) : documentHash(input);
}

/**
 * Reads and checks a document.
 *
 * @param entities - all entities that may occur
 * @throws DeclarativeConfigError when it is refused, ConfigTooLargeError
 */
export function readContent(
  { input, filename }: ConfigContent,
  entities: readonly EntityDefinition[],
  options: GatewayOptions,
): LoadedDocument {
  const document = loadDeclarative(input, {
    entities,
    now: options.clock ?? Date.now,
    ...(filename === undefined ? {} : { filename }),
  });
  if ((options.database ?? "off") === "off") checkSize(document.state, memCacheBytes(options));
  return document;
}

/** @param started - `performance.now()` when the load began */
export function loadResult({ hash, counts, warnings }: LoadedDocument, started: number): LoadResult {
  return { hash, changed: true, counts, warnings, durationMs: performance.now() - started };
}
