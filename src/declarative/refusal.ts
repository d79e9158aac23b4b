import { DeclarativeConfigError } from "../errors/dao-errors.js";
import type { ConfigIssue } from "../errors/field-errors.js";
import type { EntityTree } from "./entity-tree.js";
import { ErrorTree } from "./error-tree.js";
import { type Fault, faultPath } from "./faults.js";
import { flattenFaults, setRemainder } from "./flatten-errors.js";
import { hintFor, recordName } from "./hints.js";
import { type Locate, pathText } from "./positions.js";

/** What is known about a document when it is refused. */
export interface RefusalContext {
  readonly document: object;
  readonly tree: EntityTree;
  readonly locate?: Locate;
  readonly filename?: string;
  /** The faults were found after ids had been given. */
  readonly identified: boolean;
  /** What Kong would only find once these faults are gone. */
  readonly further: readonly Fault[];
}

/** The error that refuses a document, with its faults in every form. */
export function refusal(faults: readonly Fault[], context: RefusalContext): DeclarativeConfigError {
  const error = new DeclarativeConfigError({
    fields: errorTree(faults).toFieldErrors(),
    flattened: flattenFaults(faults, context.identified),
    issues: [...faults, ...context.further].map((fault) => issue(fault, context)).sort(inOrderOfText),
  });
  setRemainder(error, errorTree(faults.filter(({ record }) => !record)).toFieldErrors());
  return error;
}

/** People read from the top. Without positions the order stays. */
function inOrderOfText(a: ConfigIssue, b: ConfigIssue): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function errorTree(faults: readonly Fault[]): ErrorTree {
  const tree = new ErrorTree();
  for (const { record, path, message, place, listed } of faults) {
    const where = place ?? [...(record?.path ?? []), ...path];
    if (listed || where.at(-1) === "@entity") tree.push(where, message);
    else tree.set(where, message);
  }
  return tree;
}

function issue(fault: Fault, { document, tree, locate, filename }: RefusalContext): ConfigIssue {
  const path = faultPath(fault);
  const hint = hintFor(fault, document, tree);
  const name = fault.record && recordName(fault.record);
  return {
    path: pathText(path),
    message: fault.message,
    ...locate?.(path),
    ...(filename === undefined ? {} : { file: filename }),
    ...(hint === undefined ? {} : { hint }),
    ...(fault.record ? { entityType: fault.record.entity.name } : {}),
    ...(name === undefined ? {} : { entityName: name }),
  };
}
