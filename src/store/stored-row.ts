import { type EntityDefinition, foreignFields } from "../schema/entity.js";
import { deepCopy, isObject } from "../schema/values.js";
import { type Steps, stepSize } from "../util/steps.js";
import type { ReadOptions } from "./dao.js";
import { defaultWorkspaceId, primaryKeyText } from "./keys.js";
import type { EntityRow, RowsByEntity } from "./strategy.js";

type Values = Readonly<Record<string, unknown>>;

/** A complete, valid record in the form in which strategies store it. */
export function storedRow(definition: EntityDefinition, record: Values): Record<string, unknown> {
  const row: Record<string, unknown> = { ...record };
  for (const [name, { attributes }] of Object.entries(definition.fields)) {
    if (attributes.transient) delete row[name];
    else if (attributes.uuid) row[name] = lowerCase(row[name]);
  }
  for (const [name] of foreignFields(definition)) {
    const reference = row[name];
    if (isObject(reference)) row[name] = { id: lowerCase(reference.id) };
  }
  return row;
}

/** UUIDs are the same in upper and lower case; databases know that, maps do not. */
export function lowerCase(id: unknown): unknown {
  return typeof id === "string" ? id.toLowerCase() : id;
}

/**
 * The records of a document, as strategies load them. What is a view, or has been defined by nobody, is left out.
 *
 * @param rows - `state` of a loaded document
 */
export function* storedRows(definitions: readonly EntityDefinition[], rows: RowsByEntity): Steps<RowsByEntity> {
  const stored = new Map<string, ReadonlyMap<string, EntityRow>>();
  for (const definition of definitions) {
    const own = rows.get(definition.name);
    if (!own || definition.view) continue;
    const complete = new Map<string, EntityRow>();
    for (const given of own.values()) {
      const row = storedRow(definition, given);
      complete.set(primaryKeyText(definition, row), row);
      if (complete.size % stepSize === 0) yield;
    }
    stored.set(definition.name, complete);
  }
  return stored;
}

/** A stored record as callers get it: their own copy, with `ttl` as the seconds that remain unless it is for an export. */
export function shownRow(
  definition: EntityDefinition,
  row: EntityRow,
  options: ReadOptions | undefined,
  now: () => number,
): Record<string, unknown> {
  const copy = deepCopy(row) as Record<string, unknown>;
  if (definition.ttl && typeof copy.ttl === "number" && !options?.export) {
    copy.ttl = Math.max(0, Math.floor(copy.ttl - now() / 1000));
  }
  if (options?.show_ws_id && definition.workspaceable) copy.ws_id = defaultWorkspaceId;
  return copy;
}
