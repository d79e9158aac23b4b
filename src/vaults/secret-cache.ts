import { isDeepStrictEqual } from "node:util";

/** Where a secret comes from. */
export interface SecretSource {
  /** Of the vault. Those of `vaultTimes` count here; other settings make it another secret. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** @throws VaultError */
  get(): FoundSecret;
  /** @throws VaultError (rejects) */
  refresh(): Promise<FoundSecret>;
}

/** A secret, as a vault has answered it. */
export interface FoundSecret {
  readonly value: string;
  /** Seconds. */
  readonly ttl?: number;
}

interface Entry {
  source: SecretSource;
  /** Absent while it could not be had. */
  value: string | undefined;
  /** Why not. */
  error: unknown;
  /** From when on it is asked for again, and from when on the old value is not used any more. Milliseconds since the epoch. */
  due: number;
  dead: number;
  asking: Promise<boolean> | undefined;
}

/** The least that a failure is kept, in milliseconds: two rotations, as in Kong. */
const failureTime = 120_000;
/** Plugins may ask for references that come from elsewhere; those that were not asked for longest are forgotten first. */
const mostEntries = 10_000;

/** Keeps secrets for as long as their vaults say. */
export class SecretCache {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  /** @param now - milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws VaultError of the source, now or of the last time */
  get(reference: string, source: SecretSource): string {
    const entry = this.#entry(reference, source);
    if (this.#now() >= entry.due) {
      try {
        this.#keep(entry, source.get());
      } catch (error) {
        this.#fail(entry, error);
      }
    }
    if (entry.value === undefined) throw entry.error;
    return entry.value;
  }

  /** @returns whether the secret is another one now */
  refresh(reference: string, source: SecretSource): Promise<boolean> {
    return this.#ask(this.#entry(reference, source));
  }

  async rotate(failed: (reference: string, error: Error) => void): Promise<boolean> {
    const asked = [...this.#entries].map(async ([reference, entry]) => {
      if (entry.value !== undefined && this.#now() < entry.due) return false;
      const changed = await this.#ask(entry);
      if (entry.error !== undefined) failed(reference, entry.error as Error);
      return changed;
    });
    return (await Promise.all(asked)).includes(true);
  }

  expire(): void {
    for (const entry of this.#entries.values()) entry.due = Number.NEGATIVE_INFINITY;
  }

  #entry(reference: string, source: SecretSource): Entry {
    const known = this.#entries.get(reference);
    if (known !== undefined && isDeepStrictEqual(known.source.settings, source.settings)) {
      known.source = source;
      return known;
    }
    const entry: Entry = {
      source,
      value: undefined,
      error: undefined,
      due: Number.NEGATIVE_INFINITY,
      dead: 0,
      asking: undefined,
    };
    this.#entries.delete(reference);
    this.#entries.set(reference, entry);
    if (this.#entries.size > mostEntries) this.#entries.delete(this.#entries.keys().next().value as string);
    return entry;
  }

  /** Of those who ask at the same time, one asks the vault. */
  #ask(entry: Entry): Promise<boolean> {
    entry.asking ??= this.#askOnce(entry).finally(() => {
      entry.asking = undefined;
    });
    return entry.asking;
  }

  async #askOnce(entry: Entry): Promise<boolean> {
    const before = entry.value;
    try {
      this.#keep(entry, await entry.source.refresh());
    } catch (error) {
      this.#fail(entry, error);
    }
    return entry.value !== before;
  }

  #keep(entry: Entry, { value, ttl }: FoundSecret): void {
    const { settings } = entry.source;
    const lifetime = lifetimeOf(ttl ?? seconds(settings.ttl) ?? 0, settings);
    entry.value = value;
    entry.error = undefined;
    entry.due = this.#now() + lifetime * 1000;
    entry.dead = entry.due + (seconds(settings.resurrect_ttl) ?? Number.POSITIVE_INFINITY) * 1000;
  }

  #fail(entry: Entry, error: unknown): void {
    const now = this.#now();
    entry.error = error;
    entry.due = now + Math.max(failureTime, (seconds(entry.source.settings.neg_ttl) ?? 0) * 1000);
    if (now >= entry.dead) entry.value = undefined;
  }
}

/** Seconds; `Infinity` for ever. */
function lifetimeOf(ttl: number, { min_ttl, max_ttl }: Readonly<Record<string, unknown>>): number {
  if (ttl <= 0) return Number.POSITIVE_INFINITY;
  return Math.min(Math.max(ttl, seconds(min_ttl) ?? 0), seconds(max_ttl) ?? Number.POSITIVE_INFINITY);
}

function seconds(setting: unknown): number | undefined {
  return typeof setting === "number" && Number.isFinite(setting) ? setting : undefined;
}
