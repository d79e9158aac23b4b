import type { LRUCache } from "lru-cache";
import { estimateBytes } from "../../util/estimate-bytes.js";
import { lazyRequire } from "../../util/lazy-require.js";
import type { Variant } from "./vary.js";

const lruCache = lazyRequire<typeof import("lru-cache")>("lru-cache");

/** The form of {@link StoredAnswer}, as Kong numbers it. */
export const FORMAT = 1;

/** An answer as it is stored, under Kong's names: plugins and the Admin API show it so. */
export interface StoredAnswer {
  readonly status: number;
  /** By lower-case name; a header that came more than once as a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
  readonly body_len: number;
  /** When it was stored, in seconds since the epoch. */
  readonly timestamp: number;
  /** Seconds for which it is good. */
  readonly ttl: number;
  readonly version: typeof FORMAT;
  /** Of the request that it answered. */
  readonly req_body: Buffer | undefined;
}

/** What is kept of an answer. */
export interface Entry {
  readonly answer: StoredAnswer;
  /** The headers that are sent with it. */
  readonly replayed: StoredAnswer["headers"];
  /** The request headers that it depends on. */
  readonly variant: Variant;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** What an entry takes beside key and content. */
const ENTRY_BYTES = 160;

/** An answer may take that part of a zone. */
const SHARE = 8;

/** Stored answers, bounded in bytes; those that have not been used for longest go first. */
export class MemoryZone {
  readonly #entries: LRUCache<string, Entry>;
  /** Bytes. An answer with a longer body is not stored, and need not be collected. */
  readonly longestBody: number;

  /** @param maxBytes - for all that is stored */
  constructor(maxBytes: number) {
    this.longestBody = Math.floor(maxBytes / SHARE);
    const { LRUCache } = lruCache();
    this.#entries = new LRUCache({ maxSize: maxBytes, maxEntrySize: Math.max(1, this.longestBody) });
  }

  /** @param now - milliseconds since the epoch */
  get(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires > now) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, entry: Entry): void {
    this.#entries.set(key, entry, { size: ENTRY_BYTES + estimateBytes(key) + estimateBytes(entry) });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** The zones of a gateway, by name. */
export class MemoryZones {
  readonly #zones = new Map<string, MemoryZone>();
  /** By the id of the plugin entity, the zone that it uses. */
  #names: ReadonlyMap<string, string> = new Map();

  get all(): Iterable<MemoryZone> {
    return this.#zones.values();
  }

  /** @param maxBytes - for a zone that is not there yet */
  named(name: string, maxBytes: () => number): MemoryZone {
    let zone = this.#zones.get(name);
    if (zone === undefined) {
      zone = new MemoryZone(maxBytes());
      this.#zones.set(name, zone);
    }
    return zone;
  }

  /** The zone of a plugin entity; `undefined` when there is no such entity, or nothing was ever stored for it. */
  ofInstance(id: string): MemoryZone | undefined {
    return this.#zones.get(this.#names.get(id) ?? "");
  }

  /** Forgets the zones that no instance uses any more. */
  use(names: ReadonlyMap<string, string>): void {
    this.#names = names;
    const used = new Set(names.values());
    for (const name of this.#zones.keys()) if (!used.has(name)) this.#zones.delete(name);
  }
}
