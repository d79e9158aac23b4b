import { TransformationError } from "../errors/dao-errors.js";
import type { FieldError } from "../errors/field-errors.js";
import { thrownText } from "../util/thrown.js";
import type { Transformation } from "./entity.js";
import { addEntityError } from "./entity-checks.js";
import { getPath, isNonEmpty, quotedList, setPath } from "./values.js";

/** What decides whether transformations have all that they need. */
export interface TransformationSubject {
  readonly record: Readonly<Record<string, unknown>>;
  /** What the caller gave. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly updating: boolean;
  /** The record that an update starts from. */
  readonly stored?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A transformation runs on all of its inputs or on none, so giving half of them is a fault. On update they must all be in the caller's
 * own input, since what is stored has been transformed already.
 */
export function checkTransformations(
  transformations: readonly Transformation[],
  { record, input, updating, stored = {} }: TransformationSubject,
  errors: Record<string, FieldError>,
): void {
  const isGiven = (name: string): boolean => isNonEmpty(getPath(input, name));
  const isChanged = (name: string): boolean => isGiven(name) && getPath(input, name) !== getPath(stored, name);
  // A reference that was given by name is in the record by id.
  const isThere = (name: string): boolean =>
    (!updating || isGiven(name.split(".")[0] as string)) && isNonEmpty(getPath(record, name));
  for (const { input: names, needs = [] } of transformations) {
    if (!names.some(isGiven) && !(updating && needs.some(isChanged))) continue;
    const complete = names.every(isGiven) && needs.every(isThere);
    if (!complete) addEntityError(errors, `all or none of these fields must be set: ${quotedList([...names, ...needs])}`);
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
      throw new TransformationError(thrownText(error), error);
    }
  }
  return result;
}
