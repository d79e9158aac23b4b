import type { ConfigWarning } from "../declarative/finding.js";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import type { ConfigIssue } from "../errors/field-errors.js";
import { readRegularFileSync } from "../util/regular-file.js";
import { thrownText } from "../util/thrown.js";
import { codeFrame } from "./code-frame.js";
import { type Io, paint } from "./io.js";

/** The document that something is said about. */
export interface ReportedDocument {
  readonly file: string;
  /** Default: what is in the file now. */
  readonly text?: string;
}

/**
 * Writes an error for people: the faults of a document one by one, each with its place, a hint and the lines; otherwise the message.
 */
export function reportError(error: unknown, io: Io, document?: ReportedDocument): void {
  const title = (text: string): string => `${paint(io, "err", "red", "Error:")} ${text}`;
  if (!(error instanceof DeclarativeConfigError) || error.issues.length === 0) {
    io.err(title(thrownText(error)));
    return;
  }
  const count = error.issues.length;
  const file = document?.file ?? error.issues.find((issue) => issue.file !== undefined)?.file;
  io.err(title(`Failed parsing${file === undefined ? "" : ` ${file}`}: ${count} ${count === 1 ? "fault" : "faults"}`));
  const lines = linesOf(file, document?.text);
  for (const issue of error.issues) {
    io.err(issueText(issue, file, io));
    if (issue.hint !== undefined) io.err(`  ${paint(io, "err", "cyan", "hint:")} ${issue.hint}`);
    if (issue.line !== undefined) for (const line of codeFrame(lines, issue.line, issue.column ?? 1, io)) io.err(line);
  }
}

/** Writes what loads but should be changed. */
export function reportWarnings(warnings: readonly ConfigWarning[], io: Io, file: string): void {
  for (const { line, column, path, message } of warnings) {
    const place = [file, line, column].filter((part) => part !== undefined).join(":");
    io.err(`${paint(io, "err", "bold", place)}: ${paint(io, "err", "yellow", "warning:")} ${path}: ${message}`);
  }
}

function linesOf(file: string | undefined, text: string | undefined): readonly string[] {
  try {
    return (text ?? (file === undefined ? "" : readRegularFileSync(file))).split(/\r?\n/);
  } catch {
    return [];
  }
}

/** `kong.yml:3:5: services[0].host: required field missing`, which editors and terminals make a link of. */
function issueText({ file: ownFile, line, column, path, message }: ConfigIssue, file: string | undefined, io: Io): string {
  const place = [ownFile ?? file, line, column].filter((part) => part !== undefined).join(":");
  return [paint(io, "err", "bold", place), path, message].filter((part) => part !== "").join(": ");
}
