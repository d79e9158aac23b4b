import { randomUUID } from "node:crypto";
import type { LoadedDocument } from "./declarative/load.js";
import { OptionsError } from "./errors/gateway-error.js";
import type { Backend, BackendContext } from "./gateway-backend.js";
import type { EntityDefinition } from "./schema/entity.js";
import type { EntityDefinitions } from "./store/dao.js";
import { keepingTimes } from "./store/keep-times.js";
import { assertMigrated } from "./store/migrations/migrations.js";
import { storedDefinitions } from "./store/open-store.js";
import { storedRows } from "./store/stored-row.js";
import { ChangeFeed } from "./store/strategies/postgres/change-feed.js";
import { Database } from "./store/strategies/postgres/database.js";
import { Mirror } from "./store/strategies/postgres/mirror.js";
import { MirroredStrategy } from "./store/strategies/postgres/mirrored-strategy.js";
import { PostgresStrategy } from "./store/strategies/postgres/postgres-strategy.js";
import { RequestReads } from "./store/strategies/postgres/request-reads.js";
import { postgresSettings } from "./store/strategies/postgres/settings.js";
import type { RowChange, RowsByEntity } from "./store/strategy.js";
import { EntityState } from "./store/tables/entity-state.js";
import type { MaybePromise } from "./util/maybe-promise.js";
import { runInSlices, type Steps } from "./util/steps.js";

/** Milliseconds between two clean-ups of expired records, as in Kong. */
const CLEAN_UP_INTERVAL = 300_000;
/** Kong's `db_update_frequency`, in seconds. */
const DEFAULT_UPDATE_FREQUENCY = 5;
/** Changes of others that are told one by one; more of them at once are told as "anything may be different". */
const MOST_SINGLE_CHANGES = 1000;

/** `database: "postgres"`: records are kept in PostgreSQL, and requests read what is in memory of them. */
export class PostgresBackend implements Backend {
  readonly strategy: MirroredStrategy;
  readonly reads: RequestReads;
  readonly #context: BackendContext;
  readonly #database: Database;
  readonly #inner: PostgresStrategy;
  readonly #mirror: Mirror;
  readonly #node = `postern ${randomUUID()}`;
  #definitions: EntityDefinitions;
  #feed: ChangeFeed | undefined;
  #opening: Promise<void> | undefined;
  #cleanUp: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws OptionsError for a setting that cannot be, and for a first configuration */
  constructor(context: BackendContext) {
    const { options, definitions, now, logger } = context;
    for (const name of ["declarativeConfig", "declarativeConfigString"] as const) {
      if (options[name] !== undefined)
        throw new OptionsError(name, "the content is that of the database; replace it with loadConfig()");
    }
    this.#context = context;
    this.#definitions = definitions;
    this.#database = new Database(postgresSettings(options), {
      application: this.#node,
      onIdleError: (error) => logger.debug(`a connection to PostgreSQL broke: ${error.message}`),
    });
    this.#inner = new PostgresStrategy({
      database: this.#database,
      now,
      afterConnect: (stored) => assertMigrated(this.#database, stored),
    });
    this.#mirror = new Mirror(this.#database, this.#inner.tables, now);
    this.strategy = new MirroredStrategy(this.#inner, this.#mirror);
    this.strategy.define(storedDefinitions(definitions));
    this.reads = new RequestReads(this.#mirror.state, this.#inner);
  }

  get entities(): EntityState {
    return this.#mirror.state;
  }

  get isOpen(): boolean {
    return this.#feed !== undefined;
  }

  async isReachable(): Promise<boolean> {
    try {
      await this.#database.read("SELECT 1");
      return true;
    } catch {
      return false;
    }
  }

  /**
   * @throws `MissingPackageError`, `MigrationsNeededError`, `DatabaseError`
   */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  define(definitions: EntityDefinitions): void {
    this.#definitions = definitions;
    this.strategy.define(storedDefinitions(definitions));
    void this.#feed?.look();
  }

  async load(document: LoadedDocument, prepare: (entities: EntityState) => MaybePromise<() => void>): Promise<void> {
    const definitions = storedDefinitions(this.#definitions);
    const rows = await runInSlices(this.#rowsOf(document, definitions));
    const use = await prepare(new EntityState(definitions, rows, { now: this.#context.now }));
    await this.strategy.load(rows, { replace: true });
    use();
  }

  *#rowsOf(document: LoadedDocument, definitions: readonly EntityDefinition[]): Steps<RowsByEntity> {
    return yield* keepingTimes(definitions, yield* storedRows(definitions, document.state), this.entities);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#cleanUp);
    await this.#opening?.catch(() => undefined);
    await this.#feed?.close();
    await this.strategy.close();
  }

  async #open(): Promise<void> {
    const { options, logger } = this.#context;
    await this.strategy.connect();
    const feed = new ChangeFeed({
      database: this.#database,
      mirror: this.#mirror,
      tables: () => this.#inner.tables,
      node: this.#node,
      interval: (options.dbUpdateFrequency ?? DEFAULT_UPDATE_FREQUENCY) * 1000,
      onChanges: (changes) => this.#tell(changes),
      onAway: (error) => logger.error(`${error.message}; requests are served from memory until it is back`),
      onBack: () => logger.warn("PostgreSQL is back; what others have changed meanwhile is in force"),
    });
    try {
      await feed.open();
    } catch (error) {
      await feed.close();
      throw error;
    }
    if (this.#closed) return feed.close();
    this.#feed = feed;
    this.#cleanUp = setInterval(() => void this.#removeExpired(), CLEAN_UP_INTERVAL).unref();
  }

  #tell(changes: readonly RowChange[]): void {
    // Nobody has read anything before the gateway is open.
    if (!this.isOpen) return;
    const { events } = this.#context;
    if (changes.length > MOST_SINGLE_CHANGES) events.reset();
    else for (const change of changes) events.changed(change);
  }

  async #removeExpired(): Promise<void> {
    try {
      await this.strategy.removeExpired();
    } catch (error) {
      this.#context.logger.warn(`expired records could not be removed: ${(error as Error).message}`);
    }
  }
}
