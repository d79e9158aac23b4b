/**
 * Headers or arguments as plugins of other languages get them: a list of texts for each name, an empty one for an argument without `=`.
 */
export function lists(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === true ? [] : Array.isArray(value) ? [...value] : [value]]),
  );
}

/** A copy that belongs to the plugin, without the members that are unset, as Lua's tables have none. */
export function whole<T>(value: T): T | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.map(whole) as T;
  if (typeof value !== "object") return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, whole(member)])) as T;
}

/** What a plugin puts into the log: texts one after the other, other values as JSON. */
export function texts(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "object" && value !== null ? jsonText(value) : String(value))).join("");
}

function jsonText(value: object): string {
  if (value instanceof Error) return value.message;
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
}

/**
 * The body of an answer.
 *
 * @throws Error for what is none
 */
export function exitBody(body: unknown): string | Buffer | object | undefined {
  if (body === undefined || typeof body === "string") return body;
  if (body instanceof Uint8Array) return bytesOf(body);
  if (typeof body === "object" && body !== null) return body;
  throw new Error("body must be a nil, string or table");
}

/**
 * A body as bytes.
 *
 * @throws Error for what is neither a text nor bytes
 */
export function bytesOf(body: unknown): Buffer {
  if (typeof body === "string") return Buffer.from(body);
  if (!(body instanceof Uint8Array)) throw new Error("body must be a string");
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
