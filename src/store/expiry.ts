import type { EntityDefinition } from "../schema/entity.js";
import { isObject } from "../schema/values.js";
import type { WriteOptions } from "./dao.js";
import { checkOptions } from "./options.js";

type Values = Readonly<Record<string, unknown>>;

/**
 * Splits the seconds to live from the input of a write: a record may carry them as `ttl`, the option wins.
 *
 * @throws `InvalidOptionsError` for bad options, and for seconds that can not be
 */
export function takeTtl(
  definition: EntityDefinition,
  input: object,
  options: WriteOptions,
): { readonly values: Values; readonly ttl: number | undefined } {
  const given = input as Values;
  if (!definition.ttl || !isObject(given) || given.ttl === undefined) {
    checkOptions(definition, options);
    return { values: given, ttl: options.ttl };
  }
  const { ttl, ...values } = given;
  const seconds = options.ttl ?? (ttl === null ? 0 : ttl);
  checkOptions(definition, { ...options, ttl: seconds as number });
  return { values, ttl: seconds as number };
}

/**
 * The moment of expiry as a record carries it.
 *
 * @param ttl - seconds to live; 0: for ever
 * @param from - the time stamp from which they count; where the record has none: from now
 * @returns 0 for never, `undefined` when the caller did not say
 */
export function expiryOf(
  ttl: number | undefined,
  record: Values,
  from: "created_at" | "updated_at",
  now: () => number,
): number | undefined {
  if (ttl === undefined || ttl === 0) return ttl;
  const start = record[from];
  return (typeof start === "number" ? start : now() / 1000) + ttl;
}
