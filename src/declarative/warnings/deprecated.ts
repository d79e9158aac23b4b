import type { EntityDefinition } from "../../schema/entity.js";
import type { Fields, Shorthands } from "../../schema/field.js";
import { mergedFields, selectShape } from "../../schema/subschemas.js";
import { isObject } from "../../schema/values.js";
import { getOrMake } from "../../util/get-or-make.js";
import type { Finding, Rule } from "../finding.js";
import type { DocumentPath } from "../positions.js";
import type { DocumentRecord } from "../records.js";

/** The old names among some fields, and the records among them that have some. */
interface OldNames {
  readonly own: ReadonlyMap<string, string>;
  readonly nested: ReadonlyMap<string, OldNames>;
}

/** Worked out once for each set of fields: most have none, and their records are not looked at. */
const known = new WeakMap<Fields, { readonly names: OldNames | undefined }>();
const noShorthands: Shorthands = {};

/**
 * What finds the old names that records of an entity still use; `undefined` where it has none, in no sub-schema.
 */
export function deprecatedOf(definition: EntityDefinition): Rule | undefined {
  const { fields, shorthands, subschemas, subschemaKey } = definition;
  if (!subschemas) {
    const names = oldNames(fields, shorthands);
    return names && ((record, findings) => collect(record, record.source, names, [], findings));
  }
  const isPlain = Object.values(subschemas).every((subschema) => !oldNames(mergedFields(fields, subschema), shorthands));
  if (isPlain || subschemaKey === undefined) return undefined;
  const byKind = new Map<unknown, OldNames | undefined>();
  return (record, findings) => {
    const kind = record.source[subschemaKey];
    if (!byKind.has(kind)) {
      const selection = selectShape(definition, record.source);
      byKind.set(kind, "shape" in selection ? oldNames(selection.shape.fields, shorthands) : undefined);
    }
    const names = byKind.get(kind);
    if (names) collect(record, record.source, names, [], findings);
  };
}

function collect(
  record: DocumentRecord,
  value: Readonly<Record<string, unknown>>,
  { own, nested }: OldNames,
  path: DocumentPath,
  findings: Finding[],
): void {
  for (const [name, message] of own) {
    if (Object.hasOwn(value, name) && value[name] !== undefined) {
      findings.push({ code: "deprecated", record, path: [...path, name], message });
    }
  }
  for (const [name, inner] of nested) {
    const member = value[name];
    if (isObject(member)) collect(record, member, inner, [...path, name], findings);
  }
}

function oldNames(fields: Fields, shorthands: Shorthands): OldNames | undefined {
  return getOrMake(known, fields, () => ({ names: findOldNames(fields, shorthands) })).names;
}

function findOldNames(fields: Fields, shorthands: Shorthands): OldNames | undefined {
  const own = new Map<string, string>();
  for (const [name, { deprecated: note }] of Object.entries(shorthands)) if (note) own.set(name, note.message);
  const nested = new Map<string, OldNames>();
  for (const [name, field] of Object.entries(fields)) {
    const inner = field.fields && findOldNames(field.fields, field.shorthands ?? noShorthands);
    if (inner) nested.set(name, inner);
  }
  return own.size + nested.size === 0 ? undefined : { own, nested };
}
