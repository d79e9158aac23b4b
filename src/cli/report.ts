import { DeclarativeConfigError } from "../errors/dao-errors.js";
import type { ConfigIssue } from "../errors/field-errors.js";
import type { Io } from "./io.js";

/** Writes an error for people: the faults of a document one by one, each with its place and a hint; otherwise the message. */
export function reportError(error: unknown, io: Io, file?: string): void {
  if (!(error instanceof DeclarativeConfigError) || error.issues.length === 0) {
    io.err(`Error: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  const count = error.issues.length;
  io.err(`Error: Failed parsing${file === undefined ? "" : ` ${file}`}: ${count} ${count === 1 ? "fault" : "faults"}`);
  for (const issue of error.issues) {
    io.err(issueText(issue, file));
    if (issue.hint !== undefined) io.err(`  hint: ${issue.hint}`);
  }
}

/** `kong.yml:3:5: services[0].host: required field missing`, which editors and terminals make a link of. */
function issueText({ file: ownFile, line, column, path, message }: ConfigIssue, file: string | undefined): string {
  const place = [ownFile ?? file, line, column].filter((part) => part !== undefined).join(":");
  return [place, path, message].filter((part) => part !== "").join(": ");
}
