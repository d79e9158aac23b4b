/**
 * The vocabulary in which every entity and every plugin configuration is written.
 *
 * A field is plain, frozen data. Validators, columns, declarative nesting, Admin API endpoints, schema documents and
 * static types are all derived from it; nothing of a field is written twice.
 *
 * Kinds, attributes and their meaning follow Kong's schema language (Kong Gateway 3.10).
 */

import { wrongArgument } from "../errors/check-argument.js";
import type {
  CollectionAttributes,
  CommonAttributes,
  FieldAttributes,
  FieldKind,
  ForeignAttributes,
  ForeignKey,
  ForeignKeyInput,
  JsonAttributes,
  NumberAttributes,
  StringAttributes,
} from "./attributes.js";
import type { EntityCheck } from "./entity-check.js";
import { attributesOf, checkField, checkFields } from "./field-arguments.js";

export type {
  CollectionAttributes,
  CommonAttributes,
  FieldAttributes,
  FieldKind,
  ForeignAttributes,
  ForeignKey,
  ForeignKeyInput,
  JsonAttributes,
  NumberAttributes,
  StringAttributes,
} from "./attributes.js";
export type { EntityCheck, Matcher } from "./entity-check.js";

/**
 * One field.
 *
 * @typeParam Out - the value as stored (`null` included where the field may be unset)
 * @typeParam In - the value as given
 * @typeParam Needed - `true` when input without this field is refused
 */
export interface Field<Out = unknown, In = unknown, Needed extends boolean = boolean> {
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly attributes: FieldAttributes;
  /** The members of an array or set, the values of a map. */
  readonly elements?: Field;
  /** The keys of a map. */
  readonly keys?: Field;
  /** The fields of a record. */
  readonly fields?: Fields;
  /** Checks over the fields of a record. */
  readonly checks?: readonly EntityCheck[];
  /** Old or convenient names inside a record. */
  readonly shorthands?: Shorthands;
  /** The entity a foreign field refers to. */
  readonly reference?: string;
  /** Types only; never present at run time. */
  readonly "~out"?: Out;
  readonly "~in"?: In;
  readonly "~needed"?: Needed;
}

/** The fields of an entity, a record or a plugin configuration, in order. */
export interface Fields {
  readonly [name: string]: Field;
}

/** Input names that stand for real fields; gone after use, unless they are the name of a real field. */
export interface Shorthands {
  readonly [name: string]: Shorthand;
}

/** An input name that stands for real fields. */
export interface Shorthand {
  /** Type and validators of the given value. */
  readonly field: Field;
  /** Turns the given value into values of real fields. Sees the whole record for shorthands that depend on a sibling. */
  readonly expand: (value: never, record: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** The needed fields that it can stand in for, so that editors do not ask for them. */
  readonly supplies?: readonly string[];
  /**
   * Set for an old name: explicit new values win over it, and both given with different values is an error. `replacedBy`
   * is the dotted path of the new field within the same record, whose value is also shown under the old name on read.
   */
  readonly deprecated?: { readonly message: string; readonly removalInVersion: string; readonly replacedBy?: string };
}

type Simplify<T> = { [K in keyof T]: T[K] } & {};

type OutputOf<F> = F extends Field<infer Out, unknown, boolean> ? Exclude<Out, undefined> : never;
type InputOf<F> = F extends Field<unknown, infer In, boolean> ? Exclude<In, undefined> : never;
type NeededKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<unknown, unknown, infer N> ? (N extends true ? K : never) : never;
}[keyof F];

/** A record as stored: every field present, unset ones `null`. */
export type InferFields<F extends Fields> = Simplify<{ -readonly [K in keyof F]: OutputOf<F[K]> }>;

/** A record as given: only the needed fields must be there. */
export type InferFieldsInput<F extends Fields> = Simplify<
  { readonly [K in NeededKeys<F>]: InputOf<F[K]> } & {
    readonly [K in Exclude<keyof F, NeededKeys<F>>]?: InputOf<F[K]>;
  }
>;

type Filled = { readonly default: unknown } | { readonly auto: true };
type Required = { readonly required: true };
type OutOf<T, A> = A extends Required | { readonly auto: true } ? T : T | null;
type InOf<T, A> = A extends Required ? T : T | null;
type NeededOf<A> = A extends Required ? (A extends Filled ? false : true) : false;

/** Tells the store's types by which fields a record can be asked for. */
type UniqueMark<A> = A extends { readonly unique: true } ? { readonly "~unique"?: true } : unknown;

/** The type of a field: `T` as stored and `I` as given, under the attributes `A`. For authors of reusable field types. */
export type FieldOf<T, A, I = T> = Field<OutOf<T, A>, InOf<I, A>, NeededOf<A>> & UniqueMark<A>;

/** The attributes `A` of a field type that is unique unless told otherwise. */
export type UniqueAttributes<A> = A extends { readonly unique: false } ? A : A & { readonly unique: true };

/** No attributes. */
export type None = Record<never, never>;

/**
 * Makes a field from untyped parts. The builders below and the reusable field types give it its static type; use those.
 *
 * @throws OptionsError for attributes that are no object
 */
export function makeField(kind: FieldKind, attributes: object | undefined, nested: Partial<Field> = {}): never {
  const { required = kind === "record", ...rest } = attributesOf(attributes) as { required?: boolean };
  return Object.freeze({ kind, required, attributes: Object.freeze(rest), ...nested }) as never;
}

/** Text. Empty text is refused unless `lenMin: 0`. */
export function str<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", attributes);
}

/** Text that is one of a few values. */
export function oneOf<const T extends string, const A extends Omit<StringAttributes<T>, "oneOf"> = None>(
  values: readonly T[],
  attributes?: A & Omit<StringAttributes<T>, "oneOf">,
): FieldOf<T, A> {
  if (!Array.isArray(values)) throw wrongArgument("values", "a list of texts", values);
  return makeField("string", { ...attributesOf(attributes), oneOf: values });
}

/** A finite number. */
export function num<const A extends NumberAttributes = None>(attributes?: A & NumberAttributes): FieldOf<number, A> {
  return makeField("number", attributes);
}

/** A number without a fraction. */
export function int<const A extends NumberAttributes = None>(attributes?: A & NumberAttributes): FieldOf<number, A> {
  return makeField("integer", attributes);
}

/** `true` or `false`. */
export function bool<const A extends CommonAttributes<boolean> = None>(
  attributes?: A & CommonAttributes<boolean>,
): FieldOf<boolean, A> {
  return makeField("boolean", attributes);
}

type Member<F extends Field> = NonNullable<OutputOf<F>>;
type MemberInput<F extends Field> = NonNullable<InputOf<F>>;

/** An ordered list; duplicates stay. */
export function arrayOf<E extends Field, const A extends CollectionAttributes<readonly MemberInput<E>[]> = None>(
  elements: E,
  attributes?: A & CollectionAttributes<readonly MemberInput<E>[]>,
): FieldOf<Member<E>[], A, readonly MemberInput<E>[]> {
  checkField("elements", elements);
  return makeField("array", attributes, { elements });
}

/** A list without duplicates; the first occurrence keeps its place. */
export function setOf<E extends Field, const A extends CollectionAttributes<readonly MemberInput<E>[]> = None>(
  elements: E,
  attributes?: A & CollectionAttributes<readonly MemberInput<E>[]>,
): FieldOf<Member<E>[], A, readonly MemberInput<E>[]> {
  checkField("elements", elements);
  return makeField("set", attributes, { elements });
}

/** An object with free keys. */
export function mapOf<V extends Field, const A extends CollectionAttributes<Readonly<Record<string, MemberInput<V>>>> = None>(
  keys: Field,
  values: V,
  attributes?: A & CollectionAttributes<Readonly<Record<string, MemberInput<V>>>>,
): FieldOf<Record<string, Member<V>>, A, Readonly<Record<string, MemberInput<V>>>> {
  checkField("keys", keys);
  checkField("values", values);
  return makeField("map", attributes, { keys, elements: values });
}

/** Attributes of a record, and the rules that span its fields. */
export interface RecordAttributes extends CommonAttributes<object> {
  readonly checks?: readonly EntityCheck[];
  readonly shorthands?: Shorthands;
}

type RecordOut<T, A> = A extends { readonly required: false } ? T | null : T;
/** A record is built from its own defaults, so it is needed only if one of its fields is. */
type RecordNeeded<F extends Fields, A> = A extends { readonly required: false } | { readonly default: unknown }
  ? false
  : [NeededKeys<F>] extends [never]
    ? false
    : true;

/** An object with known fields. Required, and built from its own defaults, unless it says `required: false`. */
export function record<const F extends Fields, const A extends RecordAttributes = None>(
  fields: F,
  attributes?: A & RecordAttributes,
): Field<RecordOut<InferFields<F>, A>, RecordOut<InferFieldsInput<F>, A>, RecordNeeded<F, A>> {
  checkFields("fields", fields);
  const { checks, shorthands, ...rest } = attributesOf<RecordAttributes>(attributes);
  return makeField("record", rest, {
    fields,
    ...(checks ? { checks } : {}),
    ...(shorthands ? { shorthands } : {}),
  });
}

/** An object whose fields each sub-schema (a plugin, a kind of vault) supplies. */
export function abstractRecord<const A extends CommonAttributes<object> = None>(
  attributes?: A & CommonAttributes<object>,
): Field<Record<string, unknown>, Readonly<Record<string, unknown>>, false> {
  return makeField("record", { required: false, ...attributes, abstract: true }, { fields: {} });
}

/** A reference to another entity. */
export function foreign<const Entity extends string, const A extends ForeignAttributes = None>(
  reference: Entity,
  attributes?: A & ForeignAttributes,
): FieldOf<ForeignKey<Entity>, A, ForeignKeyInput<Entity>> {
  if (typeof reference !== "string") throw wrongArgument("reference", "the name of an entity", reference);
  return makeField("foreign", attributes, { reference });
}

/** Any JSON value that satisfies the given JSON Schema (every value when none is given). */
export function json<T = unknown, const A extends JsonAttributes = None>(attributes?: A & JsonAttributes): FieldOf<T, A> {
  return makeField("json", attributes);
}

const foreignKeyFields: Fields = { id: str({ uuid: true }) };

/** The field at a dotted path. A reference has one member, `id`. */
export function fieldAt(fields: Fields, path: string): Field | undefined {
  const [head = "", ...rest] = path.split(".");
  const field = Object.hasOwn(fields, head) ? fields[head] : undefined;
  if (rest.length === 0 || !field) return field;
  if (field.kind === "foreign") return fieldAt(foreignKeyFields, rest.join("."));
  return field.fields ? fieldAt(field.fields, rest.join(".")) : undefined;
}
