import { isDeepStrictEqual } from "node:util";
import type { Field, Fields } from "../../schema/field.js";
import { selectShape } from "../../schema/subschemas.js";
import { deepCopy, isObject, own, setOwn } from "../../schema/values.js";
import type { StoredRecord } from "../../store/field-names.js";
import { foreignId } from "../../store/keys.js";
import type { DeclarativeEntity } from "../entity-tree.js";

/** What is written of a record. */
export interface RecordForm {
  /** Fields with their default value, and unset ones. */
  readonly defaults: boolean;
  /** The primary key, where the loader would make one. */
  readonly keys: boolean;
  /** When it was made and changed. */
  readonly times: boolean;
  /** The field that the place of the record stands for. */
  readonly leaveOut: string | undefined;
  /** How a record is referred to. */
  readonly reference: (target: string, id: string) => string;
}

type Values = Readonly<Record<string, unknown>>;

/** A stored record in the form in which documents have it. */
export function writeRecord(entity: DeclarativeEntity, row: StoredRecord, form: RecordForm): Record<string, unknown> {
  const { definition, idField } = entity;
  const selection = selectShape(definition, row);
  const fields = "shape" in selection ? selection.shape.fields : definition.fields;
  const record: Record<string, unknown> = {};
  for (const name of Object.keys(definition.fields)) {
    const field = fields[name] as Field;
    const { transient, auto, timestamp } = field.attributes;
    if (transient || name === form.leaveOut) continue;
    if (auto && ((name === idField && !form.keys) || (timestamp && !form.times))) continue;
    const value = row[name] ?? null;
    if (field.kind === "foreign") writeReference(record, name, field, value, form);
    else if (form.defaults || auto) record[name] = deepCopy(value);
    else setUnlessDefault(record, name, field, value);
  }
  const { ttl } = row;
  if (definition.ttl && typeof ttl === "number" && ttl > 0) record.ttl = ttl;
  return form.defaults ? record : asComplete(entity, row, record, fields, form);
}

function writeReference(record: Record<string, unknown>, name: string, field: Field, value: unknown, form: RecordForm): void {
  const id = foreignId(value);
  if (id !== undefined) record[name] = form.reference(field.reference ?? "", id);
  else if (form.defaults) record[name] = null;
}

/** Left out is what the loader puts there by itself. */
function setUnlessDefault(record: Record<string, unknown>, name: string, field: Field, value: unknown): void {
  const preset = field.attributes.default ?? null;
  if (isDeepStrictEqual(value, preset) && !isMadeRecord(field)) return;
  if (!isMadeRecord(field) || !isObject(value) || !field.fields) {
    setOwn(record, name, deepCopy(value));
    return;
  }
  const members = withoutDefaults(field.fields, value);
  if (Object.keys(members).length > 0) setOwn(record, name, members);
}

/** A record that is there, with the defaults of its members, where nothing is written. */
function isMadeRecord({ kind, required, attributes }: Field): boolean {
  return kind === "record" && required && !attributes.abstract && attributes.default === undefined;
}

function withoutDefaults(fields: Fields, value: Values): Values {
  const members: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field) setUnlessDefault(members, name, field, value[name] ?? null);
    else setOwn(members, name, deepCopy(value[name]));
  }
  return members;
}

/** Shorthands may make fields depend on each other. Where leaving out would change the record, all of it is written. */
function asComplete(
  entity: DeclarativeEntity,
  row: StoredRecord,
  short: Record<string, unknown>,
  fields: Fields,
  form: RecordForm,
): Record<string, unknown> {
  const { record } = entity.schema.complete(short, "insert", { now: Date.now });
  for (const name of Object.keys(fields)) {
    const { kind, attributes } = fields[name] as Field;
    if (kind === "foreign" || attributes.auto || attributes.transient) continue;
    if (!isDeepStrictEqual(own(record, name) ?? null, row[name] ?? null))
      return writeRecord(entity, row, { ...form, defaults: true });
  }
  return short;
}
