import type { Fault } from "./faults.js";
import type { Position } from "./positions.js";
import type { DocumentRecord } from "./records.js";

/**
 * What a warning is about.
 *
 * - `deprecated`: an old name
 * - `duplicate_key`: a key that stands twice in one map; the last one counts
 * - `deck_ignored`: something that only decK, Konnect or Kong Enterprise understands, and that was left out
 * - `placeholder`: text such as `$NAME` that nothing has replaced
 * - `unknown_vault`: a reference to a vault that there is not
 * - `no_effect`: a setting that loads and does nothing here
 * - `cors_credentials`: any origin, with credentials
 * - `glob`: `*` where a prefix or a regular expression is expected
 * - `regex_without_tilde`: a path that looks like a regular expression and is none
 * - `path_template`: `{id}` or `:id` in a path, which stand for themselves
 * - `unreachable_route`: another route has the very same rules
 * - `no_credentials`: authentication that nobody can pass
 * - `space_in_pair`: `name: value` in a list of a transformer, where the space becomes part of the name or the value
 */
export type WarningCode =
  | "deprecated"
  | "duplicate_key"
  | "deck_ignored"
  | "placeholder"
  | "unknown_vault"
  | "no_effect"
  | "cors_credentials"
  | "glob"
  | "regex_without_tilde"
  | "path_template"
  | "unreachable_route"
  | "no_credentials"
  | "space_in_pair";

/** Something in a document that loads, and is surely not meant or should be changed. */
export interface ConfigWarning extends Partial<Position> {
  readonly code: WarningCode;
  /** Where in the document: `services[0].routes[2].paths[1]`. Positions count from 0. Empty: the document as a whole. */
  readonly path: string;
  readonly message: string;
  readonly file?: string;
  readonly entityType?: string;
  readonly entityName?: string;
}

/** Looks at a record and tells what it finds. */
export type Rule = (record: DocumentRecord, findings: Finding[]) => void;

/** A warning before it is shown: in the form of a fault, since it becomes one where warnings are refused. */
export interface Finding extends Fault {
  readonly code: WarningCode;
}
