// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders look like that
import type { Field, Fields, Shorthands } from "../schema/field.js";
import { selectShape } from "../schema/subschemas.js";
import { isObject, own, setOwn } from "../schema/values.js";
import { mapInSteps, type Steps } from "../util/steps.js";
import type { DeclarativeEntity, EntityTree } from "./entity-tree.js";
import type { Fault } from "./faults.js";
import type { DocumentPath } from "./positions.js";

/** The variables that placeholders are replaced by. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What a document is filled in with. */
export interface EnvironmentContext {
  readonly variables: Variables;
  /** Understand `${{ env "NAME" }}` too. */
  readonly deck: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** Free text, and what is not read at all. */
const notes = new Set(["_comment", "_ignore", "_info"]);

// `$$`, `${{ … }}`, `${NAME}`, `${NAME:-default}`, `$NAME`. What has none of these forms stays: `$` ends many a regular expression.
const placeholder = /\$(?:(\$)|\{\{([^{}]*)\}\}|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))/g;
const deckCall = /^env\s+["`']?([A-Za-z_][A-Za-z0-9_]*)["`']?\s*(?:\|\s*(toBool|toInt|toFloat)\s*)?$/;

const numeric = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;

/** decK's functions, for texts that they accept. */
const conversions: Readonly<Record<string, (text: string) => string | undefined>> = {
  toBool: (text) => (/^(?:true|t|1)$/i.test(text) ? "true" : /^(?:false|f|0)$/i.test(text) ? "false" : undefined),
  toInt: (text) => (/^[-+]?\d+$/.test(text) ? text : undefined),
  toFloat: (text) => (numeric.test(text) ? text : undefined),
};

/** A text with its placeholders replaced. */
interface Filled {
  readonly text: string;
  /** Names that have no value. */
  readonly missing: readonly string[];
  /** What decK would have refused. */
  readonly faults: readonly string[];
  /** The text was one placeholder and nothing else. */
  readonly whole: boolean;
}

/**
 * The placeholders of a document that have no value, where they were written.
 *
 * @param document - as its author wrote it
 */
export function* environmentFaults(document: Values, context: EnvironmentContext): Steps<Fault[]> {
  const faults: Fault[] = [];
  const visit = (value: unknown, path: DocumentPath): void => {
    if (typeof value === "string") {
      const filled = value.includes("$") ? fillIn(value, context) : undefined;
      for (const message of filled ? messagesOf(filled) : []) faults.push({ path, message });
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, [...path, index]);
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) if (!notes.has(key)) visit(value[key], [...path, key]);
    }
  };
  for (const key of Object.keys(document)) {
    const value = document[key];
    if (Array.isArray(value) && !notes.has(key)) yield* mapInSteps(value, (item: unknown, index) => visit(item, [key, index]));
    else if (!notes.has(key)) visit(value, [key]);
  }
  // `_info.defaults` are values of records; the rest of it is not read.
  const info = own(document, "_info");
  if (context.deck && isObject(info)) visit(own(info, "defaults"), ["_info", "defaults"]);
  return faults;
}

/** Whether a text still waits for a value, after {@link fillEnvironment}. */
export function isOpen(text: string, context: EnvironmentContext): boolean {
  const { missing, faults } = fillIn(text, context);
  return missing.length + faults.length > 0;
}

/**
 * A copy of a document in which placeholders in scalars are replaced. What they are replaced by is not looked at again, so that no value can
 * bring anything but itself. A scalar that is one placeholder becomes a number or a boolean where its field is one. Placeholders without
 * a value stay.
 */
export function* fillEnvironment(document: Values, tree: EntityTree, context: EnvironmentContext): Steps<Values> {
  const filler = new Filler(context);
  const filled: Record<string, unknown> = {};
  for (const key of Object.keys(document)) {
    const entity = tree.get(key);
    const value = document[key];
    if (entity && Array.isArray(value)) {
      setOwn(filled, key, yield* mapInSteps(value, (item: unknown) => filler.item(entity, item)));
    } else setOwn(filled, key, notes.has(key) ? value : filler.value(value, undefined));
  }
  return filled;
}

class Filler {
  readonly #context: EnvironmentContext;

  constructor(context: EnvironmentContext) {
    this.#context = context;
  }

  item(entity: DeclarativeEntity, item: unknown): unknown {
    return isObject(item) ? this.#record(entity, item) : this.value(item, undefined);
  }

  #list(entity: DeclarativeEntity, list: unknown): unknown {
    return Array.isArray(list) ? list.map((item: unknown) => this.item(entity, item)) : this.value(list, undefined);
  }

  #record(entity: DeclarativeEntity, source: Values): Values {
    const { definition } = entity;
    const selector = definition.subschemaKey;
    const chosen = selector === undefined ? undefined : source[selector];
    // The name of a plugin decides about the fields of its configuration, and may be a placeholder itself.
    const selection = selectShape(
      definition,
      typeof chosen === "string" ? { ...source, [selector as string]: this.value(chosen, undefined) } : source,
    );
    const fields = "shape" in selection ? selection.shape.fields : definition.fields;
    const record: Record<string, unknown> = {};
    for (const key of Object.keys(source)) {
      const child = entity.children.get(key);
      if (child) setOwn(record, key, this.#list(child.entity, source[key]));
      else
        setOwn(record, key, notes.has(key) ? source[key] : this.value(source[key], fieldOf(fields, definition.shorthands, key)));
    }
    return record;
  }

  value(value: unknown, field: Field | undefined): unknown {
    if (typeof value === "string") return value.includes("$") ? this.#scalar(value, field) : value;
    if (Array.isArray(value)) return value.map((item: unknown) => this.value(item, field?.elements));
    if (!isObject(value)) return value;
    const filled: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const member = field?.kind === "map" ? field.elements : fieldOf(field?.fields, field?.shorthands, key);
      setOwn(filled, key, this.value(value[key], member));
    }
    return filled;
  }

  #scalar(value: string, field: Field | undefined): unknown {
    const { text, whole } = fillIn(value, this.#context);
    return whole ? typed(text, field) : text;
  }
}

function fieldOf(fields: Fields | undefined, shorthands: Shorthands | undefined, name: string): Field | undefined {
  if (shorthands && Object.hasOwn(shorthands, name)) return shorthands[name]?.field;
  return fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Text, unless the field is for something else and the text says that. Validation refuses the rest. */
function typed(text: string, field: Field | undefined): unknown {
  const trimmed = text.trim();
  if (field?.kind === "boolean") {
    if (/^(?:true|yes|on)$/i.test(trimmed)) return true;
    if (/^(?:false|no|off)$/i.test(trimmed)) return false;
  }
  const isNumber = field?.kind === "number" || field?.kind === "integer";
  return isNumber && numeric.test(trimmed) ? Number(trimmed) : text;
}

function fillIn(value: string, { variables, deck }: EnvironmentContext): Filled {
  const missing: string[] = [];
  const faults: string[] = [];
  let whole = false;
  const text = value.replace(
    placeholder,
    (shown, dollar?: string, call?: string, braced?: string, preset?: string, bare?: string) => {
      if (dollar !== undefined) return "$";
      if (call !== undefined && !deck) return shown;
      const [, called, conversion] = call === undefined ? [] : (deckCall.exec(call.trim()) ?? []);
      if (call !== undefined && called === undefined) {
        faults.push(`'${shown}' is not understood: \${{ env "NAME" }} is, with toBool, toInt or toFloat behind a '|'`);
        return shown;
      }
      const name = (called ?? braced ?? bare) as string;
      whole = shown.length === value.length;
      const found = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (preset !== undefined) return found === undefined || found === "" ? preset : found;
      if (found === undefined) {
        missing.push(name);
        return shown;
      }
      const converted = conversion === undefined ? found : conversions[conversion]?.(found);
      if (converted === undefined) faults.push(`the value of environment variable '${name}' is nothing for ${conversion}`);
      return converted ?? shown;
    },
  );
  return { text, missing, faults, whole };
}

function messagesOf({ missing, faults }: Filled): string[] {
  const names = [...new Set(missing)];
  if (names.length === 0) return [...faults];
  const shown = names.map((name) => `'${name}'`).join(", ");
  return [`environment ${names.length === 1 ? `variable ${shown} is` : `variables ${shown} are`} not set`, ...faults];
}
