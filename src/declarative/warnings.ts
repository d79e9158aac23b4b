import { type Steps, stepSize } from "../util/steps.js";
import type { DeclarativeEntity, EntityTree } from "./entity-tree.js";
import type { Variables } from "./environment.js";
import { faultPath } from "./faults.js";
import type { ConfigWarning, Finding, Rule } from "./finding.js";
import { recordName } from "./hints.js";
import { type Locate, pathText } from "./positions.js";
import type { DocumentRecord } from "./records.js";
import { deprecatedOf } from "./warnings/deprecated.js";
import { noEffectOf } from "./warnings/no-effect.js";
import { CredentialNeeds, pluginConfig } from "./warnings/plugins.js";
import { RouteTwins, routePaths } from "./warnings/routes.js";
import { type TextSearch, texts } from "./warnings/texts.js";

/** What the search for warnings has to know beside the records. */
export interface WarningContext {
  readonly tree: EntityTree;
  /** The text of the document, if it came as one: it tells at once what need not be looked for. */
  readonly text?: string;
  /** What placeholders have been replaced by: with it, what looks like one now is meant. */
  readonly environment?: Variables;
  /** Records may be added later, so that nothing can be said about what is missing. */
  readonly writable?: boolean;
}

/** What loads, and is surely not meant. Costs some tenths of a microsecond for each record. */
export function* findWarnings(records: readonly DocumentRecord[], context: WarningContext): Steps<Finding[]> {
  const findings: Finding[] = [];
  const inspection = new Inspection(context);
  const search = textSearch(records, context);
  for (let index = 0; index < records.length; index++) {
    if (index % stepSize === stepSize - 1) yield;
    const record = records[index] as DocumentRecord;
    const { own, among } = inspection.rulesFor(record.entity);
    // Most records are those of the load before, and had nothing then.
    if (!record.isQuiet) {
      const before = findings.length;
      for (const rule of own) rule(record, findings);
      record.isQuiet = findings.length === before;
    }
    for (const rule of among) rule(record, findings);
    if (search) texts(record, search, findings);
  }
  inspection.end(findings);
  return findings;
}

/** What the records of one entity are looked at for. */
interface EntityRules {
  /** What a record says by itself. */
  readonly own: readonly Rule[];
  /** What it says beside others. */
  readonly among: readonly Rule[];
}

/** The rules for the records of one document. */
class Inspection {
  readonly #rules = new Map<DeclarativeEntity, EntityRules>();
  readonly #twins = new RouteTwins();
  readonly #credentials = new CredentialNeeds();
  readonly #writable: boolean;

  constructor({ writable = false }: WarningContext) {
    this.#writable = writable;
  }

  rulesFor(entity: DeclarativeEntity): EntityRules {
    let rules = this.#rules.get(entity);
    if (!rules) {
      rules = this.#make(entity);
      this.#rules.set(entity, rules);
    }
    return rules;
  }

  end(findings: Finding[]): void {
    this.#credentials.report(new Set([...this.#rules.keys()].map(({ name }) => name)), findings);
  }

  #make({ name, definition }: DeclarativeEntity): EntityRules {
    const own: (Rule | undefined)[] = [deprecatedOf(definition), noEffectOf(name)];
    const among: Rule[] = [];
    if (name === "routes") {
      own.push(routePaths);
      among.push((record, findings) => this.#twins.add(record, findings));
    }
    if (name === "plugins") {
      own.push(pluginConfig);
      if (!this.#writable) among.push((record) => this.#credentials.add(record));
    }
    return { own: own.filter((rule) => rule !== undefined), among };
  }
}

/** `undefined` when the document's text holds nothing of the kind. */
function textSearch(records: readonly DocumentRecord[], { text, tree, environment }: WarningContext): TextSearch | undefined {
  const placeholders = environment === undefined && (text === undefined || text.includes("$"));
  const references = text === undefined || text.includes("{vault:");
  if (!placeholders && !references) return undefined;
  let names: ReadonlySet<string> | undefined;
  return { placeholders, references, vaults: () => (names ??= vaultNames(records, tree)) };
}

function vaultNames(records: readonly DocumentRecord[], tree: EntityTree): ReadonlySet<string> {
  const names = new Set(Object.keys(tree.get("vaults")?.definition.subschemas ?? {}));
  for (const { entity, completed } of records) {
    if (entity.name === "vaults" && typeof completed.prefix === "string") names.add(completed.prefix);
  }
  return names;
}

/** A warning as callers see it. */
export function shownWarning(finding: Finding, locate?: Locate, file?: string): ConfigWarning {
  const path = faultPath(finding);
  const name = finding.record && recordName(finding.record);
  return {
    code: finding.code,
    path: pathText(path),
    message: finding.message,
    ...locate?.(path),
    ...(file === undefined ? {} : { file }),
    ...(finding.record ? { entityType: finding.record.entity.name } : {}),
    ...(name === undefined ? {} : { entityName: name }),
  };
}
