import type { EntityDefinition } from "../../../schema/entity.js";
import { Statements } from "./statements.js";
import { type Table, type TableReference, tableOf } from "./table.js";

/** A column of another table that refers to a table. */
export interface Referring {
  readonly statements: Statements;
  readonly reference: TableReference;
}

/** The tables of all entities, and how they refer to each other. */
export class Tables {
  /** In the order of the definitions: what is referred to first. */
  readonly all: readonly Statements[];
  readonly #byName: ReadonlyMap<string, Statements>;
  readonly #referring = new Map<string, Referring[]>();
  readonly #byConstraint = new Map<string, { readonly table: Table; readonly reference: TableReference }>();

  constructor(definitions: readonly EntityDefinition[], schema: string | undefined) {
    const byName = new Map(definitions.map((definition) => [definition.name, definition]));
    this.all = definitions.map(
      (definition) =>
        new Statements(
          tableOf(definition, (name) => byName.get(name)),
          schema,
        ),
    );
    this.#byName = new Map(this.all.map((statements) => [statements.table.name, statements]));
    for (const statements of this.all) {
      for (const reference of statements.table.references) {
        this.#referring.set(reference.target, [...(this.#referring.get(reference.target) ?? []), { statements, reference }]);
        this.#byConstraint.set(reference.name, { table: statements.table, reference });
      }
    }
  }

  /** @throws `TypeError` when no entity has this name */
  of(entity: string): Statements {
    const statements = this.#byName.get(entity);
    if (statements === undefined) throw new TypeError(`no entity is named '${entity}'`);
    return statements;
  }

  has(entity: string): boolean {
    return this.#byName.has(entity);
  }

  /** What refers to an entity. */
  referringTo(entity: string): readonly Referring[] {
    return this.#referring.get(entity) ?? [];
  }

  /** The foreign key of this name. */
  reference(constraint: string): { readonly table: Table; readonly reference: TableReference } | undefined {
    return this.#byConstraint.get(constraint);
  }
}
