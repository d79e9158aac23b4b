/** Small facts about values that the engine's parts share. */
import { getOrMake } from "../util/get-or-make.js";

/** A plain or class-made object, as opposed to a list, a function or null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Kong's notion: present, not null, not an empty text and not an empty collection. `false` and 0 are non-empty. */
export function isNonEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  if (typeof value !== "object") return true;
  for (const _ in value) return true;
  return false;
}

/** A `{vault://…}` reference. */
export function isReference(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("{vault://") && value.endsWith("}");
}

/** Reads an own member; what an object merely inherits (`constructor`) is not there. */
export function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  const value = object[key];
  // Nothing that is inherited is unset, so most reads end here; `hasOwn` alone was a tenth of the time of a large load.
  if (value === undefined || value === null) return value;
  return Object.hasOwn(object, key) ? value : undefined;
}

/** Sets an own member. Plain assignment of `__proto__` would change the prototype instead. */
export function setOwn(object: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
}

/** Paths stand in definitions, so there are few; taking them apart at each read was a third of the checks' time. */
const pathParts = new Map<string, readonly string[]>();

/** Reads a dotted path that a definition names. */
export function getPath(object: Readonly<Record<string, unknown>>, path: string): unknown {
  const parts = getOrMake(pathParts, path, () => path.split("."));
  let value: unknown = own(object, parts[0] as string);
  for (let index = 1; index < parts.length; index++) {
    if (!isObject(value)) return undefined;
    value = own(value, parts[index] as string);
  }
  return value;
}

/** Sets a dotted path, making objects on the way; a text on the way (an error of the parent) is left alone. */
export function setPath(object: Record<string, unknown>, path: string, value: unknown): void {
  const parts = path.split(".");
  const last = parts.pop() as string;
  let target = object;
  for (const part of parts) {
    let next = own(target, part);
    if (next === undefined || next === null) {
      next = {};
      setOwn(target, part, next);
    }
    if (!isObject(next)) return;
    target = next;
  }
  setOwn(target, last, value);
}

/** A copy of JSON-like data. Functions and class instances are kept as they are. */
export function deepCopy<T>(value: T): T {
  if (Array.isArray(value)) {
    const list: unknown[] = value.slice();
    for (let index = 0; index < list.length; index++) {
      const member = list[index];
      if (typeof member === "object" && member !== null) list[index] = deepCopy(member);
    }
    return list as T;
  }
  if (!isObject(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  // Copied as a whole first: that keeps the object's shape, and most members are scalars.
  const copy: Record<string, unknown> = { ...value };
  for (const key in copy) {
    const member = copy[key];
    if (typeof member === "object" && member !== null) setOwn(copy, key, deepCopy(member));
  }
  return copy as T;
}

/** Any value in a message. `String` would run the value's own `toString`, or stumble over it. */
export function valueText(value: unknown): string {
  return typeof value === "object" && value !== null ? (JSON.stringify(value) ?? "") : String(value);
}

/** `'a', 'b'` */
export function quotedList(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}
