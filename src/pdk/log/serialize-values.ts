/** A value that a plugin wants in the log entry. */
export interface SerializeValue {
  readonly key: string;
  readonly value: unknown;
  readonly mode: SerializeMode;
}

/** `set`: always. `add`: only where nothing is yet. `replace`: only where something is. */
export type SerializeMode = "set" | "add" | "replace";

type Values = Record<string, unknown>;

const wrongValue =
  "value must be nil, a number, string, boolean or a non-self-referencial table containing numbers, string and booleans";

/** The parts of a key: `.` separates them. Kong makes a plain dot of a backslash and whatever follows it. */
function keyParts(key: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (let i = 0; i < key.length; i += 1) {
    if (key[i] === "\\" && i + 1 < key.length) {
      part += ".";
      i += 1;
    } else if (key[i] === ".") {
      parts.push(part);
      part = "";
    } else part += key[i];
  }
  return [...parts, part];
}

/**
 * Puts a value into a log entry. Objects on the way are copied, since parts of an entry may be shared.
 *
 * @throws Error with Kong's text for a value that cannot be logged, or a key that leads through something that is no object
 */
export function putSerializeValue(entry: Values, { key, value, mode }: SerializeValue): void {
  if (!isLoggable(value, new Set())) throw new Error(wrongValue);
  const parts = keyParts(key);
  const last = parts.pop() as string;
  let target = entry;
  for (const part of parts) {
    const found = ownValue(target, part);
    if (found === undefined) {
      if (mode === "replace") return;
      target = put(target, part, {}) as Values;
    } else if (isObject(found)) {
      target = put(target, part, { ...found }) as Values;
    } else {
      const shown = Array.isArray(found) ? "a list" : String(found);
      throw new Error(`The key '${key}' could not be used as a serialize value. Subkey '${part}' is not a table. It's ${shown}`);
    }
  }
  const isThere = ownValue(target, last) !== undefined;
  if ((mode === "add" && isThere) || (mode === "replace" && !isThere)) return;
  if (value === undefined || value === null) delete target[last];
  else put(target, last, value);
}

function ownValue(object: Values, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Also for a name such as `__proto__`. */
function put(object: Values, name: string, value: unknown): unknown {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  return value;
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isLoggable(value: unknown, above: Set<object>): boolean {
  switch (typeof value) {
    case "undefined":
    case "string":
    case "number":
    case "boolean":
      return true;
    case "object": {
      if (value === null) return true;
      if (above.has(value)) return false;
      above.add(value);
      const all = Object.values(value).every((member) => isLoggable(member, above));
      above.delete(value);
      return all;
    }
    default:
      return false;
  }
}
