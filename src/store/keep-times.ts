import { isDeepStrictEqual } from "node:util";
import type { EntityDefinition } from "../schema/entity.js";
import { type Steps, stepSize } from "../util/steps.js";
import type { EntityRow, RowsByEntity } from "./strategy.js";
import type { EntityState } from "./tables/entity-state.js";

/**
 * The records of a document, where those that are there already and differ in automatic time stamps only stay as they are: documents
 * rarely have time stamps, and then have those of the moment at which they are loaded.
 */
export function* keepingTimes(
  definitions: readonly EntityDefinition[],
  rows: RowsByEntity,
  present: EntityState,
): Steps<RowsByEntity> {
  const kept = new Map<string, ReadonlyMap<string, EntityRow>>();
  for (const definition of definitions) {
    const own = rows.get(definition.name);
    if (own === undefined) continue;
    const times = Object.entries(definition.fields)
      .filter(([, { attributes }]) => attributes.timestamp === true && attributes.auto === true)
      .map(([name]) => name);
    const before = present.table(definition).rows;
    const result = new Map<string, EntityRow>();
    for (const [key, row] of own) {
      result.set(key, unchanged(row, before.get(key), times) ?? row);
      if (result.size % stepSize === 0) yield;
    }
    kept.set(definition.name, result);
  }
  return kept;
}

function unchanged(row: EntityRow, old: EntityRow | undefined, times: readonly string[]): EntityRow | undefined {
  if (old === undefined) return undefined;
  const sameTimes: Record<string, unknown> = { ...row };
  for (const name of times) sameTimes[name] = old[name];
  return isDeepStrictEqual(sameTimes, old) ? old : undefined;
}
