import { createHash } from "node:crypto";
import { thrownText } from "../../util/thrown.js";
import type { Logger } from "../node-context.js";
import { makeClient, type RedisClient } from "./client.js";
import { type RedisConfig, type RedisTopology, serverName } from "./config.js";

/** An argument of a command. */
export type RedisArgument = string | number | Buffer;

/** A command with its arguments. */
export type RedisCommand = readonly [command: string, ...args: RedisArgument[]];

/** A connection to Redis, shared by all who use the same configuration. */
export interface RedisConnection {
  /**
   * Runs a command.
   *
   * @throws Error (rejects) with the server's error; or at once while the server is away
   */
  call(command: string, ...args: readonly RedisArgument[]): Promise<unknown>;
  /**
   * Runs several commands in one round trip; in a cluster, one to each server. They are not a transaction.
   *
   * @returns the results, in the order of the commands
   * @throws Error (rejects) with the first error of a command
   */
  pipeline(commands: readonly RedisCommand[]): Promise<readonly unknown[]>;
  /**
   * Runs a Lua script on the server, which does nothing else meanwhile. The server keeps it: from the second time on, only its digest is
   * sent.
   *
   * @param script - one of few: the text must not be made for the request
   */
  eval(script: string, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown>;
}

/** Milliseconds between two tries to reach a server that is away. */
const retryInterval = 250;

/**
 * Connects when first used. Once a server could not be reached, commands fail at once, and each may start another try behind itself: the
 * requests that depend on Redis do not wait for one that is away, and nothing piles up for it.
 */
export class SharedConnection implements RedisConnection {
  readonly #config: RedisConfig;
  readonly #topology: RedisTopology | undefined;
  readonly #logger: Logger;
  #client: RedisClient | null = null;
  #connecting: Promise<RedisClient> | null = null;
  /** Why the last try failed; `null` after one that did not. */
  #failure: Error | null = null;
  #failedAt = 0;
  #lastUsed = performance.now();
  #closed = false;

  constructor(config: RedisConfig, topology: RedisTopology | undefined, logger: Logger) {
    this.#config = config;
    this.#topology = topology;
    this.#logger = logger;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** When somebody last wanted something, by `performance.now()`. */
  get lastUsed(): number {
    return this.#lastUsed;
  }

  async call(command: string, ...args: readonly RedisArgument[]): Promise<unknown> {
    const client = this.#ready() ?? (await this.#connected());
    return client.call(command, ...(args as RedisArgument[]));
  }

  async pipeline(commands: readonly RedisCommand[]): Promise<readonly unknown[]> {
    const client = this.#ready() ?? (await this.#connected());
    // A cluster's client takes only pipelines for one server. Commands sent in one turn share their packets anyway.
    if (client.isCluster) {
      return Promise.all(commands.map(([command, ...args]) => client.call(command, ...args)));
    }
    const pipeline = client.pipeline();
    for (const [command, ...args] of commands) pipeline.call(command, ...args);
    const results = (await pipeline.exec()) ?? [];
    return results.map(([error, result]) => {
      if (error !== null) throw error;
      return result;
    });
  }

  async eval(script: string, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    const client = this.#ready() ?? (await this.#connected());
    const rest = [keys.length, ...keys, ...args];
    try {
      return await client.call("EVALSHA", digest(script), ...rest);
    } catch (error) {
      if (!(error as Error).message.startsWith("NOSCRIPT")) throw error;
      return client.call("EVAL", script, ...rest);
    }
  }

  /** Commands under way fail. */
  close(): void {
    this.#closed = true;
    this.#client?.disconnect();
    this.#client = null;
  }

  #ready(): RedisClient | undefined {
    this.#lastUsed = performance.now();
    return this.#client?.status === "ready" ? this.#client : undefined;
  }

  /** @throws Error (rejects) with why there is no connection */
  #connected(): Promise<RedisClient> {
    if (this.#closed) return Promise.reject(new Error(`the connection to redis ${serverName(this.#config)} is closed`));
    if (this.#failure !== null) {
      if (this.#connecting === null && performance.now() - this.#failedAt >= retryInterval) this.#connect().catch(ignore);
      return Promise.reject(this.#failure);
    }
    return this.#connecting ?? this.#connect();
  }

  #connect(): Promise<RedisClient> {
    this.#connecting = this.#open().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #open(): Promise<RedisClient> {
    let reason: unknown;
    try {
      const client = makeClient(this.#config, this.#topology);
      // What is worth knowing comes out of `connect` and of the commands; without a listener it would end the process.
      client.on("error", (error: unknown) => {
        reason = error;
      });
      client.on("end", () => {
        if (this.#client === client) this.#client = null;
      });
      this.#client = client;
      await client.connect();
      this.#arrived();
      return client;
    } catch (error) {
      throw this.#failed(reason ?? error);
    }
  }

  #arrived(): void {
    if (this.#failure !== null) this.#logger.info(`redis ${serverName(this.#config)} can be reached again`);
    this.#failure = null;
    if (this.#closed) this.close();
  }

  #failed(cause: unknown): Error {
    const text = thrownText(cause);
    const failure = new Error(`redis ${serverName(this.#config)} cannot be reached: ${text}`, { cause });
    this.#client?.disconnect();
    this.#client = null;
    if (this.#failure === null && !this.#closed) this.#logger.warn(failure.message);
    this.#failure = failure;
    this.#failedAt = performance.now();
    return failure;
  }
}

const digests = new Map<string, string>();

function digest(script: string): string {
  let known = digests.get(script);
  if (known === undefined) {
    known = createHash("sha1").update(script).digest("hex");
    digests.set(script, known);
  }
  return known;
}

function ignore(): void {}
