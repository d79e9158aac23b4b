// A writer of its own for the few forms that an export has: the package `yaml` builds a tree of nodes first, which takes about twenty times as
// long and matters where the Admin API shows a large configuration.

/** Strings of which no reader of YAML makes anything else: words and paths, and ids. */
const plain = /^(?:[A-Za-z_/][\w/]*(?:[.-][\w/]+)*|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
const words = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;
const printable = /^[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe]*$/;
const lines = /^[^\s](?:[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe]*[^\n])?\n?$/;

/** A document as YAML, in the form of Kong's own exports: lists at their key's column, `~` for null. */
export function writeYaml(document: Readonly<Record<string, unknown>>): string {
  const out: string[] = [];
  writeMembers(document, "", "", out);
  return out.join("");
}

/** @param first - what stands in place of the indentation before the first member */
function writeMembers(value: Readonly<Record<string, unknown>>, indent: string, first: string, out: string[]): void {
  let lead = first;
  for (const key of Object.keys(value)) {
    out.push(lead, scalar(key), ":");
    writeValue(value[key], indent, indent, out);
    lead = indent;
  }
}

/**
 * Writes what follows a key or a dash.
 *
 * @param indent - of the key
 * @param listIndent - of the dashes of a list
 */
function writeValue(value: unknown, indent: string, listIndent: string, out: string[]): void {
  if (Array.isArray(value) && value.length > 0) {
    out.push("\n");
    writeItems(value, listIndent, listIndent, out);
  } else if (isFilled(value)) {
    out.push("\n");
    writeMembers(value, `${indent}  `, `${indent}  `, out);
  } else {
    out.push(" ");
    writeScalar(value, indent, out);
  }
}

function writeItems(list: readonly unknown[], indent: string, first: string, out: string[]): void {
  let lead = first;
  for (const item of list) {
    out.push(lead, "- ");
    if (Array.isArray(item) && item.length > 0) writeItems(item, `${indent}  `, "", out);
    else if (isFilled(item)) writeMembers(item, `${indent}  `, "", out);
    else writeScalar(item, indent, out);
    lead = indent;
  }
}

function isFilled(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function writeScalar(value: unknown, indent: string, out: string[]): void {
  if (typeof value === "string" && value.includes("\n") && lines.test(value)) {
    const ends = value.endsWith("\n");
    const text = ends ? value.slice(0, -1) : value;
    out.push(ends ? "|" : "|-", "\n", text.replace(/^(?!$)/gm, `${indent}  `), "\n");
  } else out.push(typeof value === "string" ? scalar(value) : other(value), "\n");
}

function scalar(text: string): string {
  if (plain.test(text) && !words.test(text)) return text;
  if (printable.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function other(value: unknown): string {
  if (value === null || value === undefined) return "~";
  if (Array.isArray(value)) return "[]";
  return typeof value === "object" ? "{}" : String(value);
}
