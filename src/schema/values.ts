/** Small facts about values that the engine's parts share. */

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
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own member. Plain assignment of `__proto__` would change the prototype instead. */
export function setOwn(object: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
}

/** Reads a dotted path. */
export function getPath(object: Readonly<Record<string, unknown>>, path: string): unknown {
  if (!path.includes(".")) return own(object, path);
  let value: unknown = object;
  for (const part of path.split(".")) {
    if (!isObject(value)) return undefined;
    value = own(value, part);
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
  if (Array.isArray(value)) return value.map(deepCopy) as T;
  if (!isObject(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy = {};
  for (const key of Object.keys(value)) setOwn(copy, key, deepCopy(value[key]));
  return copy as T;
}

/** `'a', 'b'` */
export function quotedList(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}
