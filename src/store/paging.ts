import { InvalidOffsetError, InvalidSizeError } from "../errors/dao-errors.js";
import type { EntityDefinition } from "../schema/entity.js";
import { primaryKeyText } from "./keys.js";

/** Records per page when a caller does not say. */
export const defaultPageSize = 1000;

/** @throws `InvalidSizeError` unless the size is a whole number between 1 and `max` */
export function checkSize(size: number, max: number): void {
  if (!Number.isInteger(size) || size < 1 || size > max) throw new InvalidSizeError(max);
}

/** The token for the page that starts behind this record: the parts of its primary key. */
export function encodeOffset({ primaryKey }: EntityDefinition, row: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify(primaryKey.map((name) => row[name])))
    .toString("base64")
    .replace(/=+$/, "");
}

/**
 * @returns the parts of the primary key of the last record of the page before
 * @throws `InvalidOffsetError` when the token is not one of ours
 */
export function decodeOffset({ primaryKey }: EntityDefinition, token: string): readonly (string | number)[] {
  if (typeof token !== "string" || token === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(token)) {
    throw new InvalidOffsetError(String(token), "bad base64 encoding");
  }
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
  } catch {
    throw new InvalidOffsetError(token, "bad json encoding");
  }
  const isKey =
    Array.isArray(parts) &&
    parts.length === primaryKey.length &&
    parts.every((part) => typeof part === "string" || typeof part === "number");
  if (!isKey) throw new InvalidOffsetError(token, "bad json encoding");
  return parts as (string | number)[];
}

/** As {@link decodeOffset}, as the text by which records are ordered in memory. */
export function offsetKey(definition: EntityDefinition, token: string): string {
  const parts = decodeOffset(definition, token);
  return primaryKeyText(definition, Object.fromEntries(definition.primaryKey.map((name, index) => [name, parts[index]])));
}
