import type { Cache, CachedValue, CacheLoader, CacheStats, CacheTimes } from "../util/cache.js";
import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import { thrownText } from "../util/thrown.js";

/**
 * What plugins keep between requests and can find again: one cache per gateway, shared by its plugins, bounded by the option
 * `memCacheSize`. Begin keys with the plugin's name. Values are handed out as they are, not as copies: do not change them.
 *
 * Without a database it is emptied when a configuration is loaded; with one, a change of a record invalidates the key that
 * `db.<entity>.cacheKey(record)` names.
 */
export class PdkCache {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /**
   * The value of a key; when it is not there, the loader's. Of those who ask for a key at the same time, one loads and all get the
   * result.
   *
   * @param options - times in seconds, in place of the options `dbCacheTtl`, `dbCacheNegTtl` and `dbResurrectTtl`
   * @param loader - gives the value, or nothing; may set `load.ttl`
   * @returns the value at once when it is there or the loader is not asynchronous, otherwise a promise
   * @throws Error `failed to get from node cache: …` with the loader's error as `cause`, when no older value can stand in
   * @example
   * ```ts
   * const keys = await pdk.cache.get(`my-plugin:jwks:${config.url}`, { ttl: 300 }, async () => (await fetch(config.url)).json());
   * ```
   */
  get<T>(key: string, options: CacheTimes, loader: CacheLoader<T>): MaybePromise<T | undefined> {
    return named(() => this.#cache.get(key, options, loader));
  }

  /** As {@link get}, but loads in any case. */
  renew<T>(key: string, options: CacheTimes, loader: CacheLoader<T>): MaybePromise<T | undefined> {
    return named(() => this.#cache.renew(key, options, loader));
  }

  /** What is there, without loading it; `undefined` when nothing is known of the key. */
  probe<T>(key: string): CachedValue<T> | undefined {
    return this.#cache.probe<T>(key);
  }

  /** Forgets a key. */
  invalidate(key: string): void {
    this.#cache.invalidate(key);
  }

  /** Forgets all keys that begin with a text. Not in Kong. */
  invalidatePrefix(prefix: string): void {
    this.#cache.invalidatePrefix(prefix);
  }

  /** Forgets everything, of all plugins. */
  purge(): void {
    this.#cache.purge();
  }

  /** Hits, misses, evictions and sizes since the gateway's start. Not in Kong. */
  get stats(): CacheStats {
    return this.#cache.stats;
  }
}

function named<T>(get: () => MaybePromise<T>): MaybePromise<T> {
  try {
    const got = get();
    return isPromise(got) ? (got as Promise<T>).catch(fail) : got;
  } catch (error) {
    return fail(error);
  }
}

function fail(cause: unknown): never {
  throw new Error(`failed to get from node cache: ${thrownText(cause)}`, { cause });
}
