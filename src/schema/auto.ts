import { randomBytes, randomInt } from "node:crypto";
import { uuidV4 } from "../util/uuid.js";
import type { Field } from "./field.js";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** 32 random characters from A-Z, a-z and 0-9: a key or secret that nobody chose. */
export function randomKey(): string {
  return randomBytes(24)
    .toString("base64")
    .replace(/[+/]/g, () => letters[randomInt(letters.length)] as string);
}

/** A point in time as the field stores it: whole seconds for integers, seconds with milliseconds for numbers. */
export function timestampOf(field: Field, milliseconds: number): number {
  return field.kind === "integer" ? Math.floor(milliseconds / 1000) : Math.round(milliseconds) / 1000;
}

/**
 * The value of an auto field on insert and upsert, or `undefined` when the given one stands.
 *
 * A null id or key stays null and is refused by the storage; null and absence are the same to time stamps.
 */
export function autoValue(name: string, field: Field, given: unknown, now: () => number): unknown {
  if (name === "updated_at") return timestampOf(field, now());
  if (name === "created_at") return given === undefined || given === null ? timestampOf(field, now()) : undefined;
  if (given !== undefined || field.kind !== "string") return undefined;
  return field.attributes.uuid ? uuidV4() : randomKey();
}
