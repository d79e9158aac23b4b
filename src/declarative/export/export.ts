import type { EntityDefinition } from "../../schema/entity.js";
import type { StoredRecord } from "../../store/field-names.js";
import { exportDocument } from "./export-document.js";
import { writeYaml } from "./write-yaml.js";

/** What an export looks like. */
export interface ExportOptions {
  /** `"yaml"` (default) and `"json"` give text, `"object"` a document for {@link Gateway.loadConfig}. */
  readonly format?: "yaml" | "json" | "object";
  /**
   * Write ids and time stamps, and refer by id. Without them records are referred to by name; those that have none, and are referred to,
   * keep their ids. Default `true`.
   */
  readonly ids?: boolean;
  /** Write fields that have their default value, and unset ones. Default `true`. */
  readonly defaults?: boolean;
  /** Write what belongs to one other record inside of it. Default `false`. */
  readonly nested?: boolean;
}

/** A declarative document with all lists of entities. */
export interface ExportedDocument {
  readonly _format_version: "3.0";
  readonly _transform: false;
  readonly [entity: string]: unknown;
}

/** Where the records of an export come from. */
export interface ExportSource {
  readonly entities: readonly EntityDefinition[];
  /** The records of an entity as they are stored, `ttl` as the moment of expiry, without those that have expired. */
  readonly rows: (entity: string) => Iterable<StoredRecord>;
}

/**
 * The records of a store as a declarative document. With ids, loading it gives the same state; without, the same but for ids and time stamps.
 * Secrets are written as they are stored, hashes as hashes. Workspaces that come by themselves, expired records, counters and sessions
 * are left out.
 */
export function exportDeclarative(source: ExportSource, options: ExportOptions & { readonly format: "object" }): ExportedDocument;
export function exportDeclarative(source: ExportSource, options?: ExportOptions & { readonly format?: "yaml" | "json" }): string;
export function exportDeclarative(source: ExportSource, options?: ExportOptions): string | ExportedDocument;
export function exportDeclarative(source: ExportSource, options: ExportOptions = {}): string | ExportedDocument {
  const document = exportDocument(source, options);
  if (options.format === "object") return document;
  return options.format === "json" ? `${JSON.stringify(document, null, 2)}\n` : writeYaml(document);
}
