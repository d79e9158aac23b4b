import { OperationUnsupportedError } from "../../../errors/dao-errors.js";
import type { Strategy } from "../../strategy.js";
import type { EntityState } from "../../tables/entity-state.js";
import { TableReads } from "../../tables/table-reads.js";

/** Reads the configuration in force. The DAO refuses all writes before they get here. */
export class OffStrategy extends TableReads implements Strategy {
  readonly name = "off";
  readonly readOnly = true;
  /** Kong's largest page without a database. */
  readonly maxPageSize = 2048;
  readonly #state: () => EntityState;

  /** @param state - the configuration in force; asked at every call */
  constructor(state: () => EntityState) {
    super();
    this.#state = state;
  }

  get state(): EntityState {
    return this.#state();
  }

  define(): void {}

  async connect(): Promise<void> {}

  async close(): Promise<void> {}

  async insert(entity: string): Promise<never> {
    throw OperationUnsupportedError.readOnly("create", entity);
  }

  async update(entity: string): Promise<never> {
    throw OperationUnsupportedError.readOnly("update", entity);
  }

  async upsert(entity: string): Promise<never> {
    throw OperationUnsupportedError.readOnly("create or update", entity);
  }

  async increment(entity: string): Promise<never> {
    throw OperationUnsupportedError.readOnly("create or update", entity);
  }

  async delete(entity: string): Promise<never> {
    throw OperationUnsupportedError.readOnly("remove", entity);
  }

  /** Kong accepts it and does nothing. */
  async truncate(): Promise<void> {}

  async load(): Promise<never> {
    throw new OperationUnsupportedError("cannot load entities when not using a database");
  }

  async removeExpired(): Promise<number> {
    return 0;
  }
}
