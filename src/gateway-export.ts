import { type ExportedDocument, type ExportOptions, exportDeclarative } from "./declarative/export/export.js";
import { checkObject, wrongArgument } from "./errors/check-argument.js";
import { OptionsError } from "./errors/gateway-error.js";
import type { EntityDefinition } from "./schema/entity.js";
import type { EntityStore } from "./store/dao.js";
import type { StoredRecord } from "./store/field-names.js";

const formats = ["yaml", "json", "object"];

/** @throws OptionsError for what are no options of an export */
export function checkExportOptions(options: ExportOptions): void {
  checkObject("options", 'an object such as { format: "json" }', options);
  const { format = "yaml" } = options;
  if (!formats.includes(format)) {
    throw new OptionsError("format", `'${String(format)}' is not available; 'yaml', 'json', 'object' are`);
  }
  for (const name of ["ids", "defaults", "nested"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "boolean")
      throw wrongArgument(name, "true or false", options[name]);
  }
}

/** Where the records of an export come from. */
export interface ExportSource {
  readonly entities: readonly EntityDefinition[];
  /** The records of an entity that is held in memory. */
  readonly rows: (entity: string) => Iterable<StoredRecord>;
  /** Asked for all others. */
  readonly store: EntityStore;
}

/** The configuration in force as a declarative document. */
export async function exportConfiguration(
  { entities, rows, store }: ExportSource,
  options: ExportOptions,
): Promise<string | ExportedDocument> {
  const elsewhere = await uncachedRows(entities, store);
  return exportDeclarative({ entities, rows: (entity) => elsewhere.get(entity) ?? rows(entity) }, options);
}

/** The records for exports that are not in memory with every database. */
async function uncachedRows(
  entities: readonly EntityDefinition[],
  store: EntityStore,
): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
  const found = new Map<string, StoredRecord[]>();
  for (const { name, cached, dbExport } of entities) {
    if (cached || !dbExport) continue;
    const rows: StoredRecord[] = [];
    for await (const row of store[name]?.each(undefined, { export: true }) ?? []) rows.push(row);
    found.set(name, rows);
  }
  return found;
}
