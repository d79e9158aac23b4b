import type { EntityDefinition, Infer } from "../schema/entity.js";
import type { ForeignKey } from "../schema/field.js";

/** A record as the store keeps it. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/** A record as a store returns it: every field present, unset ones `null`. */
export type Row<E extends EntityDefinition> = string extends keyof E["fields"] ? Record<string, unknown> : Infer<E>;

type Value<E extends EntityDefinition, K extends keyof E["fields"]> = Exclude<
  NonNullable<E["fields"][K]>["~out"],
  null | undefined
>;

type IsForeign<T> = [T] extends [never] ? false : [T] extends [ForeignKey] ? ("~entity" extends keyof T ? true : false) : false;

/** The names of an entity's foreign fields. Any name where the entity is not known to the compiler. */
export type ForeignFieldName<E extends EntityDefinition> = string extends keyof E["fields"]
  ? string
  : { [K in keyof E["fields"] & string]: IsForeign<Value<E, K>> extends true ? K : never }[keyof E["fields"] & string];

type MarkedUnique<E extends EntityDefinition> = {
  [K in keyof E["fields"] & string]: "~unique" extends keyof E["fields"][K] ? K : never;
}[keyof E["fields"] & string];

type EndpointKey<E extends EntityDefinition> = E extends { readonly endpointKey?: infer K extends string }
  ? string extends K
    ? never
    : K
  : never;

/** The fields by which one record can be asked for: the unique ones and the endpoint key. */
export type UniqueFieldName<E extends EntityDefinition> = string extends keyof E["fields"]
  ? string
  : MarkedUnique<E> | EndpointKey<E>;

/** What a unique field can be asked for. A foreign one takes an id or `{ id }`. */
export type UniqueValue<E extends EntityDefinition, K extends keyof E["fields"]> = string extends keyof E["fields"]
  ? unknown
  : IsForeign<Value<E, K>> extends true
    ? string | Value<E, K>
    : Value<E, K>;

/** The parent whose children are asked for: its id, or its record. */
export type ParentKey<E extends EntityDefinition, K extends keyof E["fields"]> = string extends keyof E["fields"]
  ? string | ForeignKey
  : string | Value<E, K>;

/** The names of an entity's numbers. Any name where the entity is not known to the compiler. */
export type NumberFieldName<E extends EntityDefinition> = string extends keyof E["fields"]
  ? string
  : { [K in keyof E["fields"] & string]: [Value<E, K>] extends [number] ? K : never }[keyof E["fields"] & string];

/** An id, or anything that has the primary key: the record itself, for one. */
export type PrimaryKey<E extends EntityDefinition> = string extends keyof E["fields"]
  ? string | Readonly<Record<string, unknown>>
  : "id" extends keyof E["fields"]
    ? string | ForeignKey<E["name"]>
    : string | Partial<Infer<E>>;
