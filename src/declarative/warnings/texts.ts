import { isObject } from "../../schema/values.js";
import type { Finding } from "../finding.js";
import type { DocumentPath } from "../positions.js";
import type { DocumentRecord } from "../records.js";

/** What to look for in the texts of a document. */
export interface TextSearch {
  readonly placeholders: boolean;
  readonly references: boolean;
  /** Kinds of vaults, and the prefixes of those in the document. */
  readonly vaults: () => ReadonlySet<string>;
}

/** What looks like a placeholder. Names in lower case would be the ends of too many regular expressions. */
export const placeholder = /\$(?:[A-Z_][A-Z0-9_]*\b|\{[A-Za-z_][A-Za-z0-9_]*(?::-[^{}]*)?\}|\{\{[^{}]*\}\})/;
const vault = /^\{vault:\/\/([^/?#}]+)/;
const notes = new Set(["_comment", "_ignore"]);

/** Placeholders that nothing has replaced, and references to vaults that there are not. */
export function texts(record: DocumentRecord, search: TextSearch, findings: Finding[]): void {
  const { source, entity } = record;
  for (const key in source) {
    const value = source[key];
    const isOwn = typeof value === "string" || (typeof value === "object" && value !== null && !entity.children.has(key));
    // Places are worked out only where there is something to tell.
    if (isOwn && isSuspicious(value)) visit(record, value, [key], search, findings);
  }
}

function isSuspicious(value: unknown): boolean {
  if (typeof value === "string") return value.includes("$") || value.startsWith("{");
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(isSuspicious);
  for (const key in value) if (isSuspicious((value as Record<string, unknown>)[key])) return true;
  return false;
}

function visit(record: DocumentRecord, value: unknown, path: DocumentPath, search: TextSearch, findings: Finding[]): void {
  if (typeof value === "string") look(record, value, path, search, findings);
  else if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly unknown[]).entries()) visit(record, item, [...path, index], search, findings);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) visit(record, value[key], [...path, key], search, findings);
  }
}

function look(
  record: DocumentRecord,
  text: string,
  path: DocumentPath,
  { placeholders, references, vaults }: TextSearch,
  findings: Finding[],
): void {
  if (placeholders && text.includes("$") && !notes.has(String(path[0]))) {
    const found = placeholder.exec(text)?.[0];
    if (found !== undefined) {
      findings.push({ code: "placeholder", record, path, message: `'${found}' is not replaced by anything and stays as it is` });
    }
  }
  if (references && text.startsWith("{vault://")) {
    const name = vault.exec(text)?.[1];
    if (name !== undefined && !vaults().has(name)) {
      findings.push({ code: "unknown_vault", record, path, message: `there is no vault '${name}': this stays empty` });
    }
  }
}
