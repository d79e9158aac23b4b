/**
 * Kong prints keys and error trees as Lua tables inside its messages, and clients match on those texts.
 */

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const keywords = new Set(
  "and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(" "),
);
const indexKey = /^[1-9][0-9]*$/;

/** How to print one line. */
export interface LuaTextOptions {
  /** The text for `null`. Default `"userdata: NULL"` with its quotes, which is what Kong shows nearly everywhere. */
  readonly nullText?: string;
}

/**
 * Prints a value on one line: `{name="x",other={id="..."}}`. List items come first, then named keys in byte order, then the items
 * behind the first hole of a list as `[3]=…`.
 */
export function luaText(value: unknown, options: LuaTextOptions = {}): string {
  if (value === null || value === undefined) return options.nullText ?? '"userdata: NULL"';
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object") return String(value);
  const { items, named, rest } = split(value);
  const parts = items.map((item) => luaText(item, options));
  for (const [key, member] of named) parts.push(`${luaKey(key)}=${luaText(member, options)}`);
  for (const [index, member] of rest) parts.push(`[${index}]=${luaText(member, options)}`);
  return `{${parts.join(",")}}`;
}

/** Prints a value over several lines, two spaces deeper per level: how Kong shows deeply nested faults in a message. */
export function luaBlock(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return luaText(value);
  const inner = `${indent}  `;
  const { items, named, rest } = split(value);
  const lines = items.map((item) => inner + luaBlock(item, inner));
  for (const [key, member] of named) lines.push(`${inner}${luaKey(key)} = ${luaBlock(member, inner)}`);
  for (const [index, member] of rest) lines.push(`${inner}[${index}] = ${luaBlock(member, inner)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}

interface TableParts {
  readonly items: unknown[];
  readonly named: [string, unknown][];
  readonly rest: [number, unknown][];
}

function split(table: object): TableParts {
  const indexed: [number, unknown][] = [];
  const named: [string, unknown][] = [];
  if (Array.isArray(table)) {
    table.forEach((item: unknown, position) => {
      if (item !== null && item !== undefined) indexed.push([position + 1, item]);
    });
  } else {
    for (const [key, member] of Object.entries(table)) {
      // A level that mixes positions and names is an object whose positions are texts, counted from 1.
      if (indexKey.test(key)) indexed.push([Number(key), member]);
      else if (member !== undefined) named.push([key, member]);
    }
    indexed.sort(([a], [b]) => a - b);
    named.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
  const firstHole = indexed.findIndex(([index], position) => index !== position + 1);
  const end = firstHole === -1 ? indexed.length : firstHole;
  return { items: indexed.slice(0, end).map(([, item]) => item), named, rest: indexed.slice(end) };
}

function luaKey(key: string): string {
  return identifier.test(key) && !keywords.has(key) ? key : `["${escapeText(key)}"]`;
}

function quote(text: string): string {
  return text.includes("\n") ? `[[${text}]]` : `"${escapeText(text)}"`;
}

function escapeText(text: string): string {
  return text.replace(/[\\"]/g, "\\$&");
}
