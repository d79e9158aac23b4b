import type { Steps } from "../util/steps.js";
import { readDeck } from "./deck.js";
import type { EntityTree } from "./entity-tree.js";
import { environmentFaults, fillEnvironment, isOpen, type Variables } from "./environment.js";
import { type Fault, faultPath } from "./faults.js";
import type { Finding } from "./finding.js";
import { valueAt } from "./hints.js";

/** What documents may hold beyond Kong's format. */
export interface DocumentDialect {
  /** Accept the state files of decK. */
  readonly deck?: boolean;
  /** Replace `$NAME` and the like by these variables. */
  readonly environment?: Variables;
}

/** A document in Kong's own form. */
export interface PreparedDocument {
  readonly document: Readonly<Record<string, unknown>>;
  readonly faults: readonly Fault[];
  readonly findings: readonly Finding[];
  /** Whether a text in it still waits for a value. */
  readonly isOpen: (text: string) => boolean;
}

const nothing: readonly never[] = [];

/** Brings a document into Kong's own form. The input stays as it is; without a dialect it is also the output. */
export function* prepareDocument(
  document: Readonly<Record<string, unknown>>,
  tree: EntityTree,
  { deck = false, environment }: DocumentDialect,
): Steps<PreparedDocument> {
  const read = deck ? yield* readDeck(document, tree) : { document, faults: nothing, findings: nothing };
  if (!environment) return { ...read, isOpen: () => false };
  const context = { variables: environment, deck };
  return {
    document: yield* fillEnvironment(read.document, tree, context),
    faults: [...read.faults, ...(yield* environmentFaults(document, context))],
    findings: read.findings,
    isOpen: (text) => isOpen(text, context),
  };
}

/** The faults of preparing and of checking. What could not be filled in is not to blame for its looks. */
export function withPrepared(
  { document, faults: prepared, isOpen }: PreparedDocument,
  faults: readonly Fault[],
): readonly Fault[] {
  if (prepared.length === 0) return faults;
  const others = faults.filter((fault) => {
    const value = valueAt(document, faultPath(fault));
    return typeof value !== "string" || !isOpen(value);
  });
  return [...prepared, ...others];
}
