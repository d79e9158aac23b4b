import type { Logger } from "../node-context.js";
import { connectionKey, type RedisConfig, type RedisTopology } from "./config.js";
import { type RedisConnection, SharedConnection } from "./connection.js";

/** `pdk.redis`: connections to Redis, for plugins whose data several gateways share. */
export interface PdkRedis {
  /**
   * The connection for a configuration: one per gateway and distinct configuration, opened by its first command and closed by
   * `gateway.close()`. Ask for it each time; it costs a look into a table.
   *
   * @param config - Kong's record `redis`
   * @example
   * ```ts
   * const redis = pdk.redis.connect(config.redis);
   * const count = await redis.call("INCR", `my-plugin:${consumer.id}`);
   * ```
   */
  connect(config: RedisConfig): RedisConnection;
}

/** Milliseconds after which a connection that nobody has used is closed when another one is opened: its configuration may be gone. */
const idleTime = 300_000;

/** The connections of one gateway. */
export class RedisConnections implements PdkRedis {
  readonly #topologies: ReadonlyMap<string, RedisTopology>;
  readonly #logger: Logger;
  readonly #byKey = new Map<string, SharedConnection>();
  readonly #byConfig = new WeakMap<RedisConfig, SharedConnection>();
  #closed = false;

  /** @param topologies - by the host that stands for them */
  constructor(topologies: Readonly<Record<string, RedisTopology>>, logger: Logger) {
    this.#topologies = new Map(Object.entries(topologies));
    this.#logger = logger;
  }

  connect(config: RedisConfig): RedisConnection {
    const known = this.#byConfig.get(config);
    if (known !== undefined && !known.isClosed) return known;
    const connection = this.#shared(config);
    this.#byConfig.set(config, connection);
    return connection;
  }

  #shared(config: RedisConfig): SharedConnection {
    const key = connectionKey(config);
    let connection = this.#byKey.get(key);
    if (connection === undefined) {
      this.#closeIdle();
      connection = new SharedConnection(config, this.#topologies.get(config.host ?? ""), this.#logger);
      if (this.#closed) connection.close();
      else this.#byKey.set(key, connection);
    }
    return connection;
  }

  #closeIdle(): void {
    const before = performance.now() - idleTime;
    for (const [key, connection] of this.#byKey) {
      if (connection.lastUsed >= before) continue;
      connection.close();
      this.#byKey.delete(key);
    }
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#byKey.values()) connection.close();
  }
}
