import { createHash } from "node:crypto";

/** PostgreSQL cuts longer names without a word, and two could then be one. */
const maxNameBytes = 63;

/** A name as SQL text, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL text. Only for places that take no parameters: definitions of triggers, comments. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** The name itself, or where it is too long its beginning and a hash of the whole. */
export function fittingName(name: string): string {
  if (Buffer.byteLength(name) <= maxNameBytes) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${Buffer.from(name)
    .subarray(0, maxNameBytes - 13)
    .toString("utf8")
    .replace(/\uFFFD+$/, "")}_${hash}`;
}

/** A table of the schema in use; without one, of the first in the connection's search path. */
export function tableName(schema: string | undefined, name: string): string {
  return schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}
