import { TransformationError } from "../errors/dao-errors.js";
import type { FieldError } from "../errors/field-errors.js";
import type { Transformation } from "./entity.js";
import { addEntityError } from "./entity-checks.js";
import { getPath, isNonEmpty, quotedList, setPath } from "./values.js";

/** A transformation runs on all of its inputs or on none, so giving half of them is a fault. */
export function checkTransformations(
  transformations: readonly Transformation[],
  record: Readonly<Record<string, unknown>>,
  input: Readonly<Record<string, unknown>>,
  errors: Record<string, FieldError>,
): void {
  for (const { input: names, needs = [] } of transformations) {
    if (!names.some((name) => isNonEmpty(getPath(input, name)))) continue;
    const all = [...names, ...needs];
    const complete =
      names.every((name) => isNonEmpty(getPath(input, name))) && needs.every((name) => isNonEmpty(getPath(record, name)));
    if (!complete) addEntityError(errors, `all or none of these fields must be set: ${quotedList(all)}`);
  }
}

/** Runs the transformations whose inputs were given. Each sees the result of the one before. */
export function applyTransformations(
  transformations: readonly Transformation[],
  record: Record<string, unknown>,
  input: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let result = record;
  for (const { input: names, needs = [], onWrite } of transformations) {
    if (!onWrite || !names.every((name) => isNonEmpty(getPath(input, name)))) continue;
    if (!needs.every((name) => isNonEmpty(getPath(result, name)))) continue;
    const seen: Record<string, unknown> = {};
    for (const name of [...names, ...needs]) setPath(seen, name, getPath(result, name));
    try {
      result = { ...result, ...onWrite(seen) };
    } catch (error) {
      throw new TransformationError(error instanceof Error ? error.message : String(error), error);
    }
  }
  return result;
}
