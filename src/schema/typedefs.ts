/**
 * Field types that many entities and plugins share: names, numbers, keys. Addresses, paths and headers are in `typedefs-http.ts`,
 * whole records in `typedefs-records.ts`.
 *
 * Each takes the attributes of its kind; what the caller gives wins over what the type brings.
 */
import type { CollectionAttributes, ForeignAttributes, NumberAttributes, StringAttributes } from "./attributes.js";
import { type Field, type FieldOf, int, makeField, type None, num, type UniqueAttributes } from "./field.js";
import { attributesOf } from "./field-arguments.js";
import { certificateFault, keyFault, nameFault, tagFault, utf8NameFault } from "./text-faults.js";

/** A UUID of any version, in either case. With `auto: true` a random one is made on insert. */
export function uuid<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { uuid: true, ...attributesOf<StringAttributes>(attributes) });
}

/** The primary key of nearly every entity. */
export function id(description: string): FieldOf<string, { readonly auto: true }> {
  return makeField("string", { uuid: true, auto: true, description });
}

/** When the record was made, in whole seconds since the epoch. */
export const createdAt = int({
  timestamp: true,
  auto: true,
  description: "When the record was made, in seconds since the epoch.",
});

/** When the record was last written, in whole seconds since the epoch. */
export const updatedAt = int({
  timestamp: true,
  auto: true,
  description: "When the record was last written, in seconds since the epoch.",
});

/** `created_at` and `updated_at` in whole seconds, to be spread into an entity's fields. */
export const timestamps = { created_at: createdAt, updated_at: updatedAt } as const;

/** `created_at` and `updated_at` in seconds with milliseconds, to be spread into an entity's fields. */
export const timestampsMs = {
  created_at: num({ timestamp: true, auto: true, description: "When the record was made, in seconds since the epoch." }),
  updated_at: num({ timestamp: true, auto: true, description: "When the record was last written, in seconds since the epoch." }),
} as const;

/** A unique name of ASCII letters, digits, `.`, `-`, `_` and `~`. */
export function name<const A extends StringAttributes = None>(
  attributes?: A & StringAttributes,
): FieldOf<string, UniqueAttributes<A>> {
  return makeField("string", { unique: true, validator: nameFault, ...attributes });
}

/** A unique name in any script; its ASCII characters are those of {@link name}. */
export function utf8Name<const A extends StringAttributes = None>(
  attributes?: A & StringAttributes,
): FieldOf<string, UniqueAttributes<A>> {
  return makeField("string", { unique: true, validator: utf8NameFault, ...attributes });
}

/** One tag: printable text without `,` and `/`. */
export function tag(attributes?: Pick<StringAttributes, "description">): Field<string, string, true> {
  return makeField("string", { required: true, validator: tagFault, example: "shop", ...attributes });
}

/** The tags of a record. */
export function tags<const A extends CollectionAttributes<readonly string[]> = None>(
  attributes?: A & CollectionAttributes<readonly string[]>,
): FieldOf<string[], A, readonly string[]> {
  return makeField(
    "set",
    {
      description: "Words to group and filter records by.",
      example: ["shop"],
      ...attributesOf<CollectionAttributes<readonly string[]>>(attributes),
    },
    { elements: tag() },
  );
}

/** A TCP or UDP port, 0 to 65535. */
export function port<const A extends NumberAttributes = None>(attributes?: A & NumberAttributes): FieldOf<number, A> {
  return makeField("integer", { between: [0, 65535], ...attributes });
}

/** A time span in milliseconds, 0 to 2147483646. */
export function timeout<const A extends NumberAttributes = None>(attributes?: A & NumberAttributes): FieldOf<number, A> {
  return makeField("integer", { between: [0, 2_147_483_646], ...attributes });
}

/** A time to live in seconds, 0 to 100000000. */
export function ttl<const A extends NumberAttributes = None>(attributes?: A & NumberAttributes): FieldOf<number, A> {
  return makeField("number", { between: [0, 100_000_000], ...attributes });
}

/** A version number: digits and dots, with anything behind a dash. */
export function semanticVersion<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", {
    matchNone: [{ pattern: /\.\./, err: "must not have empty version segments" }],
    matchAny: { patterns: [/^\d+[\d.]*(?:-.*)?/], err: "invalid version number: must be in format of X.Y.Z" },
    ...attributes,
  });
}

/** An X.509 certificate in PEM, maybe with its chain behind it. */
export function certificate<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: certificateFault, ...attributes });
}

/** A private or public key in PEM. */
export function key<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: keyFault, ...attributes });
}

/**
 * Pieces of Lua code by name, for documents that carry them. The text is kept and never run or compiled: there is no Lua here.
 */
export function luaCode<const A extends CollectionAttributes<Readonly<Record<string, string>>> = None>(
  attributes?: A & CollectionAttributes<Readonly<Record<string, string>>>,
): FieldOf<Record<string, string>, A, Readonly<Record<string, string>>> {
  const text = makeField("string", undefined);
  return makeField("map", attributes, { keys: text, elements: text });
}

/** The name of something that a program can do. */
export function capability<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", attributes);
}

/** For a sub-schema: the reference that this kind of record can not have (a plugin that can not be set on a consumer). */
export function noForeign(reference: string, attributes?: ForeignAttributes): Field<null, null, false> {
  return makeField("foreign", { eq: null, ...attributes }, { reference });
}
