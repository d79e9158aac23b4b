import type { EntityDefinition } from "../../../schema/entity.js";
import type { MaybePromise } from "../../../util/maybe-promise.js";
import type { EntityRow, RowChange, RowKey, RowPage, RowQuery, RowReadOptions, RowsByEntity, Strategy } from "../../strategy.js";
import type { Mirror } from "./mirror.js";
import type { PostgresStrategy } from "./postgres-strategy.js";

type Reads = Pick<Strategy, "select" | "selectBy" | "selectByCacheKey" | "page" | "pageFor">;

/**
 * PostgreSQL, whose records are in memory too. What is written is in force in memory when it resolves, so reads are answered from there:
 * but for those of entities that are not cached, those that ask for it (`fresh`), and those before everything has been read.
 */
export class MirroredStrategy implements Strategy {
  readonly name: string;
  readonly maxPageSize: number;
  readonly readOnly = false;
  readonly #inner: PostgresStrategy;
  readonly #mirror: Mirror;

  constructor(inner: PostgresStrategy, mirror: Mirror) {
    this.name = inner.name;
    this.maxPageSize = inner.maxPageSize;
    this.#inner = inner;
    this.#mirror = mirror;
    inner.onExpired = (changes) => mirror.apply(changes);
  }

  define(definitions: readonly EntityDefinition[]): void {
    this.#inner.define(definitions);
    this.#mirror.define(definitions, this.#inner.tables);
  }

  connect(): Promise<void> {
    return this.#inner.connect();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  select(entity: string, key: RowKey, options?: RowReadOptions): MaybePromise<EntityRow | undefined> {
    return this.#readsOf(entity, options).select(entity, key, options);
  }

  selectBy(entity: string, field: string, value: string | number, options?: RowReadOptions): MaybePromise<EntityRow | undefined> {
    return this.#readsOf(entity, options).selectBy(entity, field, value, options);
  }

  selectByCacheKey(entity: string, key: string, options?: RowReadOptions): MaybePromise<EntityRow | undefined> {
    return this.#readsOf(entity, options).selectByCacheKey(entity, key, options);
  }

  page(entity: string, query: RowQuery): MaybePromise<RowPage> {
    return this.#readsOf(entity, query).page(entity, query);
  }

  pageFor(entity: string, field: string, id: string, query: RowQuery): MaybePromise<RowPage> {
    return this.#readsOf(entity, query).pageFor(entity, field, id, query);
  }

  insert(entity: string, row: EntityRow): Promise<void> {
    const create: RowChange = { entity, operation: "create", row };
    return this.#mirror.write(
      entity,
      row as RowKey,
      () => this.#inner.insert(entity, row),
      () => [create],
    );
  }

  update(entity: string, key: RowKey, row: EntityRow, changed: readonly string[]): ReturnType<Strategy["update"]> {
    return this.#mirror.write(
      entity,
      key,
      () => this.#inner.update(entity, key, row, changed),
      (written) => (written === undefined ? [] : [{ entity, operation: "update", ...written }]),
    );
  }

  upsert(entity: string, row: EntityRow): Promise<EntityRow | undefined> {
    const create: RowChange = { entity, operation: "create", row };
    return this.#mirror.write(
      entity,
      row as RowKey,
      () => this.#inner.upsert(entity, row),
      () => [create],
    );
  }

  increment(entity: string, row: EntityRow, field: string): Promise<RowChange> {
    return this.#mirror.write(
      entity,
      row as RowKey,
      () => this.#inner.increment(entity, row, field),
      (change) => [change],
    );
  }

  delete(entity: string, key: RowKey, options?: RowReadOptions): Promise<readonly RowChange[]> {
    return this.#mirror.write(
      entity,
      key,
      () => this.#inner.delete(entity, key, options),
      (changes) => changes,
    );
  }

  async truncate(entity: string): Promise<void> {
    await this.#mirror.doubtfully(() => this.#inner.truncate(entity));
    await this.#mirror.readAll(nothingElse);
  }

  async load(rows: RowsByEntity, options: { readonly replace: boolean }): Promise<void> {
    if (options.replace) return this.#mirror.writeMany(() => this.#inner.replace(rows));
    await this.#mirror.doubtfully(() => this.#inner.load(rows, options));
    await this.#mirror.readAll(nothingElse);
  }

  removeExpired(): Promise<number> {
    return this.#inner.removeExpired();
  }

  #readsOf(entity: string, options: RowReadOptions | undefined): Reads {
    return options?.fresh !== true && this.#mirror.has(entity) ? this.#mirror : this.#inner;
  }
}

async function nothingElse(): Promise<void> {}
