import { type EntityDefinition, foreignFields } from "./entity.js";
import { quickChecks } from "./quick-checks.js";
import { NotQuick, QuickCode } from "./quick-code.js";
import { quickMembers, recordFunction } from "./quick-members.js";
import { isPlain } from "./quick-values.js";
import { baseShape, type Shape, selectShape } from "./subschemas.js";

/** One moment for all records of a load. */
export interface QuickClock {
  /** Whole seconds since the epoch. */
  readonly seconds: number;
  /** Seconds with milliseconds. */
  readonly precise: number;
}

/**
 * Finds what a reference leads to.
 *
 * @param owner - what {@link QuickCompleter} was called with
 * @param reference - position among the foreign fields
 * @param written - as given; `undefined` when it is absent
 * @returns the foreign key, `null` for none, `undefined` when something is wrong with it
 */
export type QuickLink<O> = (owner: O, reference: number, written: unknown) => { readonly id: string } | null | undefined;

/**
 * Completes and checks a record in one pass.
 *
 * @param given - as written; neither it nor its members are changed or kept
 * @param id - the primary key, where `given` has none
 * @returns what `CompiledSchema.complete` and `validate` would have made of it; `undefined` when they are to be asked, be it that they
 *   have something to say or that the definition has something for which there is no short cut
 */
export type QuickCompleter<O> = (
  given: Readonly<Record<string, unknown>>,
  id: string | undefined,
  clock: QuickClock,
  owner: O,
  link: QuickLink<O>,
) => Record<string, unknown> | undefined;

const never = (): undefined => undefined;

/**
 * The quick way of completing an entity's records, as generated code: one for each sub-schema, made when the first such record comes.
 * ajv and the walk over the definition's fields took three quarters of the time of a large load.
 *
 * @param idField - the field that is the primary key by itself
 * @param ignored - members that are no fields (lists of children)
 */
export function quickCompleter<O>(
  definition: EntityDefinition,
  idField: string | undefined,
  ignored: ReadonlySet<string>,
): QuickCompleter<O> {
  const byShape = new Map<Shape, QuickCompleter<O>>();
  const { subschemaKey, fields } = definition;
  return (given, id, clock, owner, link) => {
    let shape = baseShape(definition);
    if (subschemaKey !== undefined) {
      const key = given[subschemaKey] ?? fields[subschemaKey]?.attributes.default;
      const selection = selectShape(definition, { [subschemaKey]: key });
      if ("error" in selection) return undefined;
      shape = selection.shape;
    }
    let complete = byShape.get(shape);
    if (complete === undefined) {
      complete = compile<O>(definition, shape, idField, ignored);
      byShape.set(shape, complete);
    }
    return complete(given, id, clock, owner, link);
  };
}

function compile<O>(
  definition: EntityDefinition,
  shape: Shape,
  idField: string | undefined,
  ignored: ReadonlySet<string>,
): QuickCompleter<O> {
  const code = new QuickCode(recordFunction);
  try {
    const references = foreignFields(definition).map(([name]) => name);
    const members = quickMembers(code, shape.fields, definition.shorthands, { idField, ignored, references });
    const name = code.add(
      "given, id, clock, owner, link",
      `if (!${code.value(isPlain)}(given)) return undefined;
${members.declare}
${members.take}
${members.settle}
const result = ${members.literal};
${quickChecks(code, definition, shape)}
return result;`,
    );
    return code.compile<QuickCompleter<O>>(name);
  } catch (error) {
    if (error instanceof NotQuick) return never;
    throw error;
  }
}
