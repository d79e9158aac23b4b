import type { Client, ClientConfig, Pool, PoolClient } from "pg";
import { DatabaseError } from "../../../errors/dao-errors.js";
import { lazyOptional } from "../../../util/lazy-require.js";
import { databaseError, isConflict, isConnectionLost, isStalePlan } from "./failures.js";
import type { PostgresSettings } from "./settings.js";
import { Turns } from "./turns.js";

const pg = lazyOptional<typeof import("pg")>("pg", 'database "postgres"');

/** How often a transaction is tried that PostgreSQL undid because of others. */
const maxTries = 5;
const bigintType = 20;
/** The longest that a timer of Node can wait, in milliseconds: 24 days. */
const noTimeout = 2 ** 31 - 1;

/** Rows of a result: the values of each, in the order of the columns. */
export type ResultRows = readonly (readonly unknown[])[];

/** Runs statements. */
export interface Queries {
  /** @param values - for `$1`, `$2` …; a statement that has some is prepared once per connection */
  query(text: string, values?: readonly unknown[]): Promise<ResultRows>;
}

/** What {@link Database} takes beside the settings. */
export interface DatabaseOptions {
  /** Names our connections in PostgreSQL's own lists; what a write tells other processes carries it as its origin. */
  readonly application: string;
  /** Told of connections that break while nobody uses them. */
  readonly onIdleError?: (error: Error) => void;
}

/** The connections to one PostgreSQL server. Failures are `DatabaseError`s, the server's own error being their `cause`. */
export class Database implements Queries {
  readonly settings: PostgresSettings;
  readonly #options: DatabaseOptions;
  readonly #turns: Turns;
  /** Names of prepared statements by their text. */
  readonly #names = new Map<string, string>();
  #pool: Pool | undefined;
  #plain = false;

  constructor(settings: PostgresSettings, options: DatabaseOptions) {
    this.settings = settings;
    this.#options = options;
    this.#turns = new Turns(settings.connections, settings.turnTimeout);
  }

  /**
   * Sees whether the server is there.
   *
   * @throws MissingPackageError when the package `pg` is not installed
   * @throws `DatabaseError`
   */
  async connect(): Promise<void> {
    if (this.#pool !== undefined) return;
    const pool = this.#createPool();
    try {
      const client = await pool.connect();
      client.release();
      this.#pool = pool;
    } catch (error) {
      await pool.end();
      const { ssl, sslRequired } = this.settings;
      if (ssl !== false && !sslRequired && !this.#plain && /does not support SSL/i.test((error as Error).message)) {
        this.#plain = true;
        return this.connect();
      }
      throw databaseError(error, this.settings);
    }
  }

  /**
   * Runs one statement on its own.
   *
   * @param repeatable - it changes nothing: when the connection breaks, it is run again on another one
   */
  async query(text: string, values?: readonly unknown[], repeatable = false): Promise<ResultRows> {
    try {
      return await this.#withClient((client) => this.#run(client, text, values));
    } catch (error) {
      const again = (repeatable && isConnectionLost(error)) || isStalePlan(error) || isConflict(error);
      if (!again) throw error;
      return this.#withClient((client) => this.#run(client, text, values));
    }
  }

  /** As {@link query}, for what only reads. */
  read(text: string, values?: readonly unknown[]): Promise<ResultRows> {
    return this.query(text, values, true);
  }

  /** All that `work` does happens, or nothing of it. It may be called again, when others were in the way. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#repeated((client) => this.#transaction(client, work, "BEGIN"));
  }

  /** As {@link transaction}, for work that may take its time. */
  longTransaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#repeated((client) => this.#transaction(client, work, "BEGIN; SET LOCAL statement_timeout = 0", true));
  }

  /** As {@link transaction}, for reads that all see the same state. */
  atOneMoment<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#repeated((client) => this.#transaction(client, work, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  }

  async #repeated<T>(run: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#withClient(run);
      } catch (error) {
        if (tries === maxTries || !(isConflict(error) || isStalePlan(error))) throw error;
      }
    }
  }

  /**
   * Opens a connection beside the pool, for `LISTEN` or long work.
   *
   * @param config - what is different from the pool's connections
   */
  async open(config: ClientConfig = {}): Promise<Client> {
    const client = new (pg().Client)({ ...this.#config(), ...config });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      throw databaseError(error, this.settings);
    }
  }

  /** Waits for running statements, and closes all connections. Calling it again is fine. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
  }

  async #transaction<T>(client: PoolClient, work: (queries: Queries) => Promise<T>, begin: string, isLong = false): Promise<T> {
    await this.#run(client, begin);
    try {
      const result = await work({ query: (text, values) => this.#run(client, text, values, isLong) });
      await this.#run(client, "COMMIT", undefined, isLong);
      return result;
    } catch (error) {
      if (!isConnectionLost(error)) await this.#run(client, "ROLLBACK");
      throw error;
    }
  }

  async #withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    if (pool === undefined) throw new DatabaseError("the connection to PostgreSQL is not open");
    await this.#turns.take();
    try {
      const client = await pool.connect().catch((error: unknown) => {
        throw databaseError(error, this.settings);
      });
      let broken = false;
      try {
        return await work(client);
      } catch (error) {
        broken = isConnectionLost(error) || isStalePlan(error);
        throw error;
      } finally {
        client.release(broken);
      }
    } finally {
      this.#turns.pass();
    }
  }

  async #run(client: PoolClient, text: string, values?: readonly unknown[], isLong = false): Promise<ResultRows> {
    try {
      const prepared = values === undefined ? {} : { name: this.#nameOf(text), values: [...values] };
      const patience = isLong ? { query_timeout: noTimeout } : {};
      const { rows } = await client.query<unknown[]>({ text, rowMode: "array", ...prepared, ...patience });
      return rows ?? [];
    } catch (error) {
      throw databaseError(error, this.settings);
    }
  }

  #nameOf(text: string): string {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `postern_${this.#names.size}`;
      this.#names.set(text, name);
    }
    return name;
  }

  #createPool(): Pool {
    const { connections, idleTimeout } = this.settings;
    const pool = new (pg().Pool)({
      ...this.#config(),
      max: connections,
      idleTimeoutMillis: idleTimeout,
      allowExitOnIdle: true,
    });
    pool.on("error", (error) => this.#options.onIdleError?.(error));
    // The pool listens to idle connections only: the end of one in use would end the process. Its statement fails by itself.
    pool.on("connect", (client) => client.on("error", () => undefined));
    return pool;
  }

  #config(): ClientConfig {
    const { host, port, user, password, database, ssl, connectTimeout, statementTimeout } = this.settings;
    const { types } = pg();
    return {
      host,
      port,
      user,
      database,
      application_name: this.#options.application,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
      ssl: this.#plain ? false : ssl,
      ...(password === undefined ? {} : { password }),
      // The client's own limit is a net for servers that do not answer at all, not even with their time-out.
      ...(statementTimeout === 0 ? {} : { statement_timeout: statementTimeout, query_timeout: statementTimeout + 1000 }),
      // Counters and ids of ours are far below 2^53.
      types: {
        getTypeParser: ((id: number, format?: "text") =>
          id === bigintType ? Number : types.getTypeParser(id, format)) as typeof types.getTypeParser,
      },
    };
  }
}
