import type { LRUCache } from "lru-cache";
import { estimateBytes } from "./estimate-bytes.js";
import { lazyRequire } from "./lazy-require.js";
import { isPromise, type MaybePromise } from "./maybe-promise.js";

const lruCache = lazyRequire<typeof import("lru-cache")>("lru-cache");

/** How long values are kept. All times are in seconds, with fractions; 0 means for ever. */
export interface CacheTimes {
  /** Time to live. */
  readonly ttl?: number;
  /** Time to live of the knowledge that there is nothing: a loader gave `undefined` or `null`. */
  readonly negTtl?: number;
  /** How long a value whose time is over goes on being served when its loader fails, before the loader is asked again. */
  readonly resurrectTtl?: number;
}

/** What a {@link Cache} takes. */
export interface CacheOptions extends Required<CacheTimes> {
  /** The most that all values together may take; see `estimateBytes`. The least recently used go first. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** What a loader may say about the value that it gives. */
export interface CacheLoad {
  /** Seconds to keep the value, in place of the call's own `ttl`: 0 keeps it for ever, a negative number not at all. */
  ttl: number | undefined;
}

/** Finds the value of a key that the cache does not have. `undefined` and `null` both mean that there is none. */
export type CacheLoader<T> = (load: CacheLoad) => MaybePromise<T | null | undefined>;

/** What {@link Cache.probe} finds. */
export interface CachedValue<T = unknown> {
  /** `undefined`: it is known that there is none. */
  readonly value: T | undefined;
  /** Seconds that remain: `Infinity` when it is kept for ever, 0 or less when its time is over. */
  readonly ttl: number;
}

/** Counters since the start, and what is there now. */
export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Values that went because others needed their place. */
  readonly evictions: number;
  readonly entries: number;
  /** Estimated. */
  readonly bytes: number;
  readonly maxBytes: number;
}

interface Entry {
  readonly value: unknown;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** What an entry takes beside key and value. */
const entryBytes = 160;

/**
 * A cache in memory: bounded in bytes, with one load at a time per key. A load that an invalidation overtakes is not kept, so that
 * nothing older than the invalidation can come back.
 */
export class Cache {
  readonly #options: CacheOptions;
  readonly #now: () => number;
  readonly #loads = new Map<string, Promise<unknown>>();
  /** Made at the first use: most gateways have no plugin that caches. */
  #made: LRUCache<string, Entry> | undefined;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * The value of a key: from the cache at once, otherwise from the loader. While a load is running, everybody else who asks for the
   * same key waits for its result.
   *
   * @returns the value, or a promise of it when the loader gave one; `undefined` when there is none
   * @throws what the loader throws, unless an older value is there to go on with ({@link CacheTimes.resurrectTtl})
   */
  get<T>(key: string, times: CacheTimes, loader: CacheLoader<T>): MaybePromise<T | undefined> {
    const entry = this.#made?.get(key);
    if (entry !== undefined && entry.expires > this.#now()) {
      this.#hits += 1;
      return entry.value as T | undefined;
    }
    this.#misses += 1;
    const running = this.#loads.get(key);
    return running === undefined ? this.#load(key, times, loader, entry) : (running as Promise<T | undefined>);
  }

  /** Loads the value anew, whatever is there. A load that is running already does not count: it may have begun too early. */
  renew<T>(key: string, times: CacheTimes, loader: CacheLoader<T>): MaybePromise<T | undefined> {
    this.#loads.delete(key);
    return this.#load(key, times, loader, this.#made?.peek(key));
  }

  /** What is there, without loading, without counting as a use. Values whose time is over are shown until they are replaced. */
  probe<T>(key: string): CachedValue<T> | undefined {
    const entry = this.#made?.peek(key);
    if (entry === undefined) return undefined;
    return { value: entry.value as T | undefined, ttl: (entry.expires - this.#now()) / 1000 };
  }

  /** Forgets one key. */
  invalidate(key: string): void {
    this.#loads.delete(key);
    this.#made?.delete(key);
  }

  /** Forgets all keys that begin with a text. Looks at every key. */
  invalidatePrefix(prefix: string): void {
    const keys = [...this.#loads.keys(), ...(this.#made?.keys() ?? [])];
    for (const key of keys) if (key.startsWith(prefix)) this.invalidate(key);
  }

  /** Forgets everything. */
  purge(): void {
    this.#loads.clear();
    this.#made?.clear();
  }

  get stats(): CacheStats {
    const { maxBytes } = this.#options;
    const [entries, bytes] = [this.#made?.size ?? 0, this.#made?.calculatedSize ?? 0];
    return { hits: this.#hits, misses: this.#misses, evictions: this.#evictions, entries, bytes, maxBytes };
  }

  #load<T>(key: string, times: CacheTimes, loader: CacheLoader<T>, before: Entry | undefined): MaybePromise<T | undefined> {
    const load: CacheLoad = { ttl: undefined };
    let found: MaybePromise<T | null | undefined>;
    try {
      found = loader(load);
    } catch (error) {
      return this.#resurrect<T>(key, times, before, error);
    }
    if (!isPromise(found)) return this.#keep(key, times, load, found);
    const running: Promise<T | undefined> = (found as Promise<T | null | undefined>).then(
      (value) => (this.#ends(key, running) ? this.#keep(key, times, load, value) : (value ?? undefined)),
      (error: unknown) => {
        if (!this.#ends(key, running)) throw error;
        return this.#resurrect<T>(key, times, before, error);
      },
    );
    this.#loads.set(key, running);
    return running;
  }

  /** `false` when the key was invalidated meanwhile: what was loaded goes to those who wait for it, and nowhere else. */
  #ends(key: string, running: Promise<unknown>): boolean {
    if (this.#loads.get(key) !== running) return false;
    this.#loads.delete(key);
    return true;
  }

  #keep<T>(key: string, times: CacheTimes, load: CacheLoad, found: T | null | undefined): T | undefined {
    const value = found ?? undefined;
    const usual = value === undefined ? (times.negTtl ?? this.#options.negTtl) : (times.ttl ?? this.#options.ttl);
    const ttl = load.ttl ?? usual;
    if (ttl >= 0) this.#set(key, value, ttl);
    else this.#made?.delete(key);
    return value;
  }

  #resurrect<T>(key: string, times: CacheTimes, before: Entry | undefined, error: unknown): T | undefined {
    const ttl = times.resurrectTtl ?? this.#options.resurrectTtl;
    if (before === undefined || before.value === undefined || ttl <= 0) throw error;
    this.#set(key, before.value, ttl);
    return before.value as T;
  }

  #set(key: string, value: unknown, ttl: number): void {
    const expires = ttl === 0 ? Number.POSITIVE_INFINITY : this.#now() + ttl * 1000;
    const size = entryBytes + estimateBytes(key) + estimateBytes(value);
    this.#cache.set(key, { value, expires }, { size });
  }

  get #cache(): LRUCache<string, Entry> {
    const { LRUCache } = lruCache();
    this.#made ??= new LRUCache<string, Entry>({
      maxSize: this.#options.maxBytes,
      dispose: (_entry, _key, reason) => {
        if (reason === "evict") this.#evictions += 1;
      },
    });
    return this.#made;
  }
}
