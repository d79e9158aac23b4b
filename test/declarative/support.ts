import { type DeclarativeContext, type LoadedDocument, loadDeclarative } from "../../src/declarative/load.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";
import type { StoredRecord } from "../../src/store/field-names.js";
import { world } from "./world.js";

/** A point in time that is easy to recognise. */
export const now = (): number => 1_700_000_000_000;

export function load(input: string | object, context: Partial<DeclarativeContext> = {}): LoadedDocument {
  return loadDeclarative(input, { entities: world, now, ...context });
}

/** Loads what is under test, with the version written for it. */
export function loadAll(document: object): LoadedDocument {
  return load({ _format_version: "3.0", ...document });
}

export function rows(loaded: LoadedDocument, entity: string): StoredRecord[] {
  return [...(loaded.state.get(entity)?.values() ?? [])];
}

export function refusalOf(input: string | object, context: Partial<DeclarativeContext> = {}): DeclarativeConfigError {
  try {
    load(typeof input === "string" ? input : { _format_version: "3.0", ...input }, context);
  } catch (error) {
    if (error instanceof DeclarativeConfigError) return error;
    throw error;
  }
  throw new Error("the document was accepted");
}

/** What JSON makes of it: the form in which a client sees it. */
export function shown(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
