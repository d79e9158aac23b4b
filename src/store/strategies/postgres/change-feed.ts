import type { Client } from "pg";
import type { RowChange } from "../../strategy.js";
import type { Database } from "./database.js";
import { EventLog, eventLifetime } from "./event-log.js";
import type { Mirror } from "./mirror.js";
import type { Tables } from "./tables.js";

/** The channel of `NOTIFY` that wakes those who wait for changes. */
export const changesChannel = "postern_cluster_events";

/** Milliseconds between tries to listen again: the first, and the most. */
const firstRetry = 50;
const longestRetry = 2000;
/** Milliseconds after which records are read again that were being written meanwhile. */
const settleDelay = 20;
/** Milliseconds between deletions of old events. */
const purgeInterval = 600_000;

/** What a {@link ChangeFeed} takes. */
export interface ChangeFeedOptions {
  readonly database: Database;
  readonly mirror: Mirror;
  readonly tables: () => Tables;
  /** The `application_name` of our connections. */
  readonly node: string;
  /** Milliseconds between looks for changes of which no notice came. */
  readonly interval: number;
  /** Told of what others have changed; it is in the mirror already. */
  readonly onChanges: (changes: readonly RowChange[]) => void;
  /** The database cannot be asked. Told once, until it can be again. */
  readonly onAway: (error: Error) => void;
  readonly onBack: () => void;
}

/**
 * Keeps a mirror up to date with what other processes write. PostgreSQL notifies at once; a look every few seconds is the net below
 * that. After an outage what has been missed is read.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #log: EventLog;
  #listener: Client | undefined;
  #closed = false;
  #isAway = false;
  #retry = firstRetry;
  #lastRead = 0;
  #lastPurge = performance.now();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #listenTimer: NodeJS.Timeout | undefined;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#log = new EventLog(options.node, options.database.settings.schema, options.tables);
    options.mirror.onUnsettled = () => this.#schedule(settleDelay);
  }

  /**
   * Reads everything, and follows from then on.
   *
   * @throws `DatabaseError`
   */
  async open(): Promise<void> {
    await this.#listen();
    await this.#readAll();
    this.#schedule(this.#options.interval);
  }

  /** Looks for changes now. Resolves when what is found is in force; errors are told to `onAway` only. */
  look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return this.#looking;
    }
    this.#looking = this.#lookUntilDone().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#listenTimer);
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.end();
    await this.#looking;
  }

  async #lookUntilDone(): Promise<void> {
    do {
      this.#lookAgain = false;
      await this.#lookOnce();
    } while (this.#lookAgain && !this.#closed && !this.#isAway);
    this.#schedule(this.#options.mirror.isUnsettled && !this.#isAway ? settleDelay : this.#options.interval);
  }

  async #lookOnce(): Promise<void> {
    if (this.#closed) return;
    const { database, mirror } = this.#options;
    try {
      const isTooLong = performance.now() - this.#lastRead > (eventLifetime * 1000) / 2;
      const changed = isTooLong || mirror.isDoubtful ? undefined : await this.#log.read(database);
      if (changed === undefined) {
        await this.#readAll();
      } else {
        this.#lastRead = performance.now();
        if (!changed.isEmpty || mirror.isUnsettled) this.#tell(await mirror.readAgain(changed));
      }
      this.#succeeded();
      await this.#purge();
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  async #readAll(): Promise<void> {
    const started = performance.now();
    const { changes } = await this.#options.mirror.readAll((queries) => this.#log.startHere(queries));
    this.#lastRead = started;
    this.#tell(changes);
  }

  async #purge(): Promise<void> {
    if (performance.now() - this.#lastPurge < purgeInterval) return;
    this.#lastPurge = performance.now();
    await this.#log.purge(this.#options.database);
  }

  /** @throws `DatabaseError` */
  async #listen(): Promise<void> {
    const listener = await this.#options.database.open({ statement_timeout: 0, query_timeout: 0 });
    const lost = (): void => {
      if (this.#listener !== listener || this.#closed) return;
      this.#listener = undefined;
      this.#listenLater();
    };
    listener.on("notification", ({ payload }) => {
      if (payload !== this.#options.node) void this.look();
    });
    listener.on("end", lost);
    listener.on("error", lost);
    await listener.query(`LISTEN ${changesChannel}`);
    this.#listener = listener;
    this.#retry = firstRetry;
    if (this.#closed) await listener.end();
  }

  #listenLater(): void {
    const wait = this.#retry;
    this.#retry = Math.min(wait * 2, longestRetry);
    this.#listenTimer = setTimeout(() => {
      this.#listen().then(
        // Nobody told us what happened while nobody listened.
        () => this.look(),
        (error: Error) => {
          this.#failed(error);
          if (!this.#closed) this.#listenLater();
        },
      );
    }, wait);
    this.#listenTimer.unref();
  }

  #schedule(wait: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.look(), wait);
    this.#timer.unref();
  }

  #tell(changes: readonly RowChange[]): void {
    if (changes.length > 0 && !this.#closed) this.#options.onChanges(changes);
  }

  #failed(error: Error): void {
    if (this.#isAway || this.#closed) return;
    this.#isAway = true;
    this.#options.onAway(error);
  }

  #succeeded(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#options.onBack();
  }
}
