import { getOrMake } from "../util/get-or-make.js";
import type { EntityDefinition, Subschema } from "./entity.js";
import type { EntityCheck, Fields } from "./field.js";
import { own, valueText } from "./values.js";

/** What applies to a record once its sub-schema is known. */
export interface Shape {
  readonly fields: Fields;
  /** The checks of the entity, then those of the sub-schema. */
  readonly checks: readonly (readonly EntityCheck[])[];
}

/** The shape of a record, or the message for the field that should have selected one. */
export type Selection = { readonly shape: Shape } | { readonly error: string };

const shapes = new WeakMap<Fields, WeakMap<Subschema, Fields>>();

type Selected = Extract<Selection, { readonly shape: Shape }>;

/** Made once for each entity and sub-schema: every record of a large document asks for one, twice. */
const selected = new WeakMap<EntityDefinition, Map<Subschema | undefined, Selected>>();

function selection(definition: EntityDefinition, subschema?: Subschema): Selected {
  const known = getOrMake(selected, definition, () => new Map<Subschema | undefined, Selected>());
  return getOrMake(known, subschema, () => ({ shape: shapeOf(definition, subschema) }));
}

/** The shape that no sub-schema changes. */
export function baseShape(definition: EntityDefinition): Shape {
  return selection(definition).shape;
}

/** Finds the sub-schema of a record by the value of its key. */
export function selectShape(definition: EntityDefinition, record: Readonly<Record<string, unknown>>): Selection {
  const { subschemaKey, subschemas } = definition;
  if (subschemaKey === undefined || !subschemas) return selection(definition);
  const value = own(record, subschemaKey);
  if (value === undefined || value === null) return { error: "required field missing" };
  const isSet = definition.fields[subschemaKey]?.kind === "set";
  if (isSet ? !Array.isArray(value) : typeof value !== "string") return { error: isSet ? "expected a set" : "expected a string" };

  const names = (isSet ? value : [value]) as readonly unknown[];
  for (const name of names) {
    const subschema = typeof name === "string" && Object.hasOwn(subschemas, name) ? subschemas[name] : undefined;
    if (subschema) return selection(definition, subschema);
  }
  const [first] = names;
  const unknown = first === undefined ? "nil" : valueText(first);
  const { subschemaError: text = "unknown type: %s" } = definition;
  return { error: typeof text === "string" ? text.replace("%s", () => unknown) : text(unknown) };
}

function shapeOf(definition: EntityDefinition, subschema: Subschema | undefined): Shape {
  const { fields, checks } = definition;
  if (!subschema) return { fields, checks: [checks] };
  return { fields: mergedFields(fields, subschema), checks: subschema.checks ? [checks, subschema.checks] : [checks] };
}

/** The parent's fields with those of the sub-schema in their places. One object per pair, so that validators are kept by it. */
export function mergedFields(parent: Fields, subschema: Subschema): Fields {
  let bySubschema = shapes.get(parent);
  if (!bySubschema) {
    bySubschema = new WeakMap();
    shapes.set(parent, bySubschema);
  }
  let fields = bySubschema.get(subschema);
  if (!fields) {
    fields = Object.freeze({ ...parent, ...subschema.fields });
    bySubschema.set(subschema, fields);
  }
  return fields;
}
