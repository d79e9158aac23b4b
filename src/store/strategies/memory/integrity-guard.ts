import type { DaoError } from "../../../errors/dao-errors.js";
import { type EntityDefinition, foreignFields } from "../../../schema/entity.js";
import {
  compositeKeyTaken,
  primaryKeyTaken,
  type Reference,
  referenceMissing,
  referencesTo,
  stillReferenced,
  uniqueFields,
  valueTaken,
} from "../../integrity.js";
import { cacheKeyText, foreignId, hasCompositeKey, primaryKeyText } from "../../keys.js";
import type { EntityRow, RowChange } from "../../strategy.js";
import type { EntityState } from "../../tables/entity-state.js";
import type { EntityTable } from "../../tables/entity-table.js";

/** Guards the integrity of records in memory. It decides and changes nothing, so that a refused write leaves no trace. */
export class IntegrityGuard {
  readonly #state: EntityState;
  readonly #references: ReadonlyMap<string, readonly Reference[]>;

  constructor(state: EntityState, definitions: readonly EntityDefinition[]) {
    this.#state = state;
    this.#references = referencesTo(definitions);
  }

  /**
   * Checks that a record can be stored.
   *
   * @param isNew - its primary key must be free
   * @param changed - the fields to look at; default: all
   * @returns the expired records that have to go before it
   * @throws codes 3, 4, 5
   */
  assertStorable(table: EntityTable, row: EntityRow, isNew: boolean, changed?: readonly string[]): readonly EntityRow[] {
    const expired = this.assertUnique(table, row, isNew, changed);
    this.assertReferences(table.definition, row, changed);
    return expired;
  }

  /** @throws codes 3, 5 */
  assertUnique(table: EntityTable, row: EntityRow, isNew: boolean, changed?: readonly string[]): readonly EntityRow[] {
    const { definition } = table;
    const key = primaryKeyText(definition, row);
    const expired = new Set<EntityRow>();
    const assertFree = (holder: EntityRow | undefined, error: () => DaoError): void => {
      if (holder === undefined) return;
      if (!table.isExpired(holder)) throw error();
      expired.add(holder);
    };
    if (isNew) assertFree(table.select(key, true), () => primaryKeyTaken(definition, row));
    const isOther = (holder: EntityRow | undefined): EntityRow | undefined =>
      holder !== undefined && primaryKeyText(definition, holder) !== key ? holder : undefined;
    for (const field of uniqueFields(definition)) {
      const value = row[field];
      if (value === null || value === undefined || changed?.includes(field) === false) continue;
      assertFree(isOther(table.selectBy(field, value, true)), () => valueTaken(field, row));
    }
    if (hasCompositeKey(definition) && (changed === undefined || definition.cacheKey?.some((name) => changed.includes(name)))) {
      const holder = isOther(table.selectByCacheKey(cacheKeyText(definition, row), true));
      assertFree(holder, () => compositeKeyTaken(definition, row));
    }
    return [...expired];
  }

  /** @throws code 4 */
  assertReferences(definition: EntityDefinition, row: EntityRow, changed?: readonly string[]): void {
    for (const [field, { reference = "" }] of foreignFields(definition)) {
      const id = foreignId(row[field]);
      if (id === undefined || changed?.includes(field) === false) continue;
      if (this.#state.table(reference).select(id, true) === undefined) throw referenceMissing(definition, field, row);
    }
  }

  /**
   * All that deleting these records entails: the deletions in order, then the updates.
   *
   * @throws code 4
   */
  removalOf(entity: string, rows: Iterable<EntityRow>): readonly RowChange[] {
    const deletions = new Map<string, RowChange>();
    const refusals: { readonly key: string; readonly error: DaoError }[] = [];
    const unset = new Map<string, { readonly reference: Reference; readonly row: EntityRow }[]>();
    const visit = (name: string, row: EntityRow): void => {
      const key = `${name}:${primaryKeyText(this.#state.table(name).definition, row)}`;
      if (deletions.has(key)) return;
      deletions.set(key, { entity: name, operation: "delete", row });
      for (const reference of this.#references.get(name) ?? []) {
        const child = reference.child.name;
        for (const dependent of this.#state.table(child).eachFor(reference.field, String(row.id), true)) {
          const dependentKey = `${child}:${primaryKeyText(reference.child, dependent)}`;
          if (reference.onDelete === "cascade") visit(child, dependent);
          else if (reference.onDelete === "restrict") refusals.push({ key: dependentKey, error: stillReferenced(name, child) });
          else unset.set(dependentKey, [...(unset.get(dependentKey) ?? []), { reference, row: dependent }]);
        }
      }
    };
    for (const row of rows) visit(entity, row);
    for (const { key, error } of refusals) if (!deletions.has(key)) throw error;
    const updates: RowChange[] = [];
    for (const [key, fields] of unset) if (!deletions.has(key)) updates.push(this.#unset(fields));
    return [...deletions.values(), ...updates];
  }

  #unset(fields: readonly { readonly reference: Reference; readonly row: EntityRow }[]): RowChange {
    const [first] = fields as [(typeof fields)[number]];
    const names = fields.map(({ reference }) => reference.field);
    const row = { ...first.row, ...Object.fromEntries(names.map((name) => [name, null])) };
    const { child } = first.reference;
    this.assertUnique(this.#state.table(child), row, false, names);
    return { entity: child.name, operation: "update", row, old: first.row };
  }
}
