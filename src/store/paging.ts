import { InvalidOffsetError, InvalidSizeError } from "../errors/dao-errors.js";

/** Records per page when a caller does not say. */
export const defaultPageSize = 1000;

/** @throws `InvalidSizeError` unless the size is a whole number between 1 and `max` */
export function checkSize(size: number, max: number): void {
  if (!Number.isInteger(size) || size < 1 || size > max) throw new InvalidSizeError(max);
}

/** The token for the page that starts behind the record with this primary key. */
export function encodeOffset(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64").replace(/=+$/, "");
}

/**
 * @returns the primary key of the last record of the page before
 * @throws `InvalidOffsetError` when the token is not one of ours
 */
export function decodeOffset(token: string): readonly (string | number)[] {
  if (typeof token !== "string" || token === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(token)) {
    throw new InvalidOffsetError(String(token), "bad base64 encoding");
  }
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
  } catch {
    throw new InvalidOffsetError(token, "bad json encoding");
  }
  if (!Array.isArray(key) || key.length === 0) throw new InvalidOffsetError(token, "bad json encoding");
  return key as (string | number)[];
}
