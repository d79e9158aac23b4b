import type { Fields, Shorthands } from "../schema/field.js";
import { isObject } from "../schema/values.js";
import { fieldsOf } from "./hints.js";
import { type DocumentPath, type Locate, type Position, pathText } from "./positions.js";
import type { DocumentRecord } from "./records.js";

/** Something in a document that works, and should be changed all the same. */
export interface ConfigWarning extends Partial<Position> {
  readonly path: string;
  readonly message: string;
}

/** The old names that a document still uses. */
export function deprecations(records: readonly DocumentRecord[], locate?: Locate): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const visit = (
    value: Readonly<Record<string, unknown>>,
    fields: Fields,
    shorthands: Shorthands,
    at: () => DocumentPath,
  ): void => {
    for (const name of Object.keys(shorthands)) {
      const deprecated = shorthands[name]?.deprecated;
      if (!deprecated || !Object.hasOwn(value, name) || value[name] === undefined) continue;
      const path = [...at(), name];
      warnings.push({ path: pathText(path), message: deprecated.message, ...locate?.(path) });
    }
    for (const name of Object.keys(value)) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      const member = value[name];
      if (field?.fields && isObject(member)) visit(member, field.fields, field.shorthands ?? {}, () => [...at(), name]);
    }
  };
  for (const record of records) {
    visit(record.source, fieldsOf(record), record.entity.definition.shorthands, () => record.path);
  }
  return warnings;
}
