import type { FieldError } from "../errors/field-errors.js";

/** The value kinds of Kong's schema language. */
export type FieldKind = "string" | "number" | "integer" | "boolean" | "array" | "set" | "map" | "record" | "foreign" | "json";

/** A pattern and the message for a value that breaks the rule about it. */
export interface PatternRule {
  readonly pattern: RegExp;
  readonly err: string;
}

/** Attributes that any field may carry. All optional; `required` defaults to `false`. */
export interface CommonAttributes<T> {
  /** Null and (after defaults) absence are refused. Records are required unless they say `required: false`. */
  readonly required?: boolean;
  /** Used when the field is absent on insert and upsert. Copied, never shared. */
  readonly default?: T | null;
  /** Filled by the library: ids, time stamps, random keys. */
  readonly auto?: boolean;
  /** One entity at most may have a given value. */
  readonly unique?: boolean;
  /** Replaces the message of every validator of this field. */
  readonly err?: string;
  /** A `{vault://…}` reference is accepted in place of the value. */
  readonly referenceable?: boolean;
  /** Kept secret in logs. Marks what an encrypting store would encrypt. */
  readonly encrypted?: boolean;
  /** May not change once stored. */
  readonly immutable?: boolean;
  /** Part of the entity's input and output, but never stored with it. */
  readonly transient?: boolean;
  /** One sentence for documentation and editors. */
  readonly description?: string;
  /** A value that is accepted, for documentation. Worth saying where the kind of the field does not tell what is. */
  readonly example?: T;
  /** Only this value is accepted (`null`: the field must be unset). */
  readonly eq?: T | null;
  /** This value is refused (`null`: the field may not be set to null). */
  readonly ne?: T | null;
  /** The last word on a value that passed everything else. Returns the message of a fault. Must not have side effects. */
  readonly validator?: (value: T) => string | undefined;
}

/** Attributes of text. Lengths are in bytes; every string has an implicit minimum of 1. */
export interface StringAttributes<T extends string = string> extends CommonAttributes<T> {
  readonly oneOf?: readonly T[];
  readonly notOneOf?: readonly string[];
  readonly lenMin?: number;
  readonly lenMax?: number;
  readonly lenEq?: number;
  readonly uuid?: boolean;
  readonly isRegex?: boolean;
  readonly startsWith?: string;
  readonly match?: RegExp;
  readonly notMatch?: RegExp;
  readonly matchAll?: readonly PatternRule[];
  readonly matchNone?: readonly PatternRule[];
  readonly matchAny?: { readonly patterns: readonly RegExp[]; readonly err: string };
}

/** Attributes of numbers and integers. */
export interface NumberAttributes extends CommonAttributes<number> {
  /** Both bounds included. */
  readonly between?: readonly [number, number];
  readonly gt?: number;
  readonly oneOf?: readonly number[];
  /** Seconds since the epoch, greater than zero. */
  readonly timestamp?: boolean;
}

/** Attributes of lists, sets and maps. Lengths count members. */
export interface CollectionAttributes<T> extends CommonAttributes<T> {
  readonly lenMin?: number;
  readonly lenMax?: number;
  readonly lenEq?: number;
  readonly contains?: unknown;
  /** Members may come from one of these subsets only. */
  readonly mutuallyExclusiveSubsets?: readonly (readonly string[])[];
}

/** Attributes of a JSON value. */
export interface JsonAttributes extends Omit<CommonAttributes<unknown>, "validator"> {
  /** The last word on the value. Returns the fault: a text, or texts by member. Must not have side effects. */
  readonly validator?: (value: unknown) => FieldError | undefined;
  /** JSON Schema (draft 7 or later, TypeBox included) that the value must satisfy. */
  readonly jsonSchema?: object;
}

/**
 * How a foreign key is stored and returned.
 *
 * @typeParam Entity - the entity it refers to; the compiler refuses the key of another
 */
export interface ForeignKey<Entity extends string = string> {
  readonly id: string;
  /** Types only; never present at run time. */
  readonly "~entity"?: Entity;
}

/** A foreign key as it may be given: the id, or one unique field of the target (`{ name: "orders" }`), which is resolved. */
export type ForeignKeyInput<Entity extends string = string> = ForeignKey<Entity> | { readonly [field: string]: string };

/** Attributes of a reference. */
export interface ForeignAttributes extends CommonAttributes<ForeignKey> {
  /** What deleting the referenced entity does. Default `restrict`. */
  readonly onDelete?: "restrict" | "cascade" | "null";
}

/** Every attribute there is, as the engine sees them. */
export interface FieldAttributes {
  readonly default?: unknown;
  readonly auto?: boolean;
  readonly unique?: boolean;
  readonly err?: string;
  readonly referenceable?: boolean;
  readonly encrypted?: boolean;
  readonly immutable?: boolean;
  readonly transient?: boolean;
  readonly description?: string;
  readonly example?: unknown;
  readonly eq?: unknown;
  readonly ne?: unknown;
  readonly validator?: (value: never) => FieldError | undefined;
  readonly oneOf?: readonly (string | number)[];
  readonly notOneOf?: readonly string[];
  readonly lenMin?: number;
  readonly lenMax?: number;
  readonly lenEq?: number;
  readonly uuid?: boolean;
  readonly isRegex?: boolean;
  readonly startsWith?: string;
  readonly match?: RegExp;
  readonly notMatch?: RegExp;
  readonly matchAll?: readonly PatternRule[];
  readonly matchNone?: readonly PatternRule[];
  readonly matchAny?: { readonly patterns: readonly RegExp[]; readonly err: string };
  readonly between?: readonly [number, number];
  readonly gt?: number;
  readonly timestamp?: boolean;
  readonly contains?: unknown;
  readonly mutuallyExclusiveSubsets?: readonly (readonly string[])[];
  readonly onDelete?: "restrict" | "cascade" | "null";
  readonly abstract?: boolean;
  readonly jsonSchema?: object;
}
