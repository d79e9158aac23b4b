import { completeRecord } from "../schema/complete.js";
import type { Field, Fields } from "../schema/field.js";
import { fieldValidator } from "../schema/validators.js";
import { isObject } from "../schema/values.js";
import { thrownText } from "../util/thrown.js";
import { parseReference, VaultError } from "./reference.js";
import { SecretCache, type SecretSource } from "./secret-cache.js";
import type { AnyVault, VaultAnswer } from "./vault.js";

/** A stored vault entity, as far as resolving needs. */
export interface VaultRecord {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Finds a vault entity by its prefix. */
export type FindVault = (prefix: string) => VaultRecord | undefined;

const insert = { operation: "insert", now: Date.now, skipAuto: true } as const;

/** What {@link VaultSet} takes beside the kinds. */
export interface VaultSetOptions {
  /** Settings, by kind, for references that name a kind instead of a vault entity. */
  readonly defaults?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** The kinds of vaults that a gateway knows. Resolves references, and keeps the secrets for as long as they are good. */
export class VaultSet {
  readonly #kinds: ReadonlyMap<string, AnyVault>;
  readonly #defaults: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly #secrets: SecretCache;
  /** Called when a secret has become another one: what has been made with it is out of date. */
  onChanged: () => void = () => undefined;

  /** @param kinds - a later one replaces an earlier one of the same name */
  constructor(kinds: readonly AnyVault[], { defaults = {}, now = Date.now }: VaultSetOptions = {}) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.#defaults = new Map(
      kinds.map(({ name, config }) => [name, completeRecord(config, undefined, defaults[name] ?? {}, insert).record]),
    );
    this.#secrets = new SecretCache(now);
  }

  has(kind: string): boolean {
    return this.#kinds.has(kind);
  }

  get kinds(): readonly AnyVault[] {
    return [...this.#kinds.values()];
  }

  /**
   * The secret that a reference stands for.
   *
   * @throws VaultError with Kong's text when the reference is wrong, the vault unknown or the secret missing
   */
  get(reference: string, find: FindVault): string {
    return this.#secrets.get(reference, this.#sourceOf(reference, find));
  }

  /**
   * Asks for some secrets again, whatever is known of them. What cannot be had stays as it is.
   *
   * @returns whether any is different from before
   */
  async refresh(references: Iterable<string>, find: FindVault): Promise<boolean> {
    const asked = [...new Set(references)].map(async (reference) => {
      try {
        return await this.#secrets.refresh(reference, this.#sourceOf(reference, find));
      } catch {
        return false;
      }
    });
    const changed = (await Promise.all(asked)).includes(true);
    if (changed) this.onChanged();
    return changed;
  }

  /**
   * Asks again for secrets whose time is over, and for those that could not be had.
   *
   * @param failed - told of those that cannot be had (any more)
   */
  async rotate(failed: (reference: string, error: Error) => void): Promise<void> {
    if (await this.#secrets.rotate(failed)) this.onChanged();
  }

  /** Has every secret asked for again when it is needed next. Where that fails, what is known stands in. */
  expire(): void {
    this.#secrets.expire();
  }

  #sourceOf(reference: string, find: FindVault): SecretSource {
    const { name, resource, key, config, version } = parseReference(reference);
    const entity = this.#kinds.has(name) ? undefined : find(name);
    const kind = this.#kinds.get(entity?.name ?? name);
    if (kind === undefined) throw new VaultError(`could not find vault (${name})`);
    const settings = { ...(entity?.config ?? this.#defaults.get(kind.name)), ...overrides(kind.config, config) };
    const taken = (answer: VaultAnswer): { readonly value: string; readonly ttl?: number } => {
      const given = typeof answer === "string" ? { value: answer } : answer;
      if (typeof given?.value !== "string") throw missing("no value found");
      return { ...given, value: key === undefined ? given.value : subfield(given.value, key) };
    };
    return {
      settings,
      get: () => taken(asked(() => kind.get(settings as never, resource, version))),
      refresh: async () => {
        const answer = kind.refresh
          ? await kind.refresh(settings as never, resource, version).catch((error: unknown) => Promise.reject(unanswered(error)))
          : asked(() => kind.get(settings as never, resource, version));
        return taken(answer);
      },
    };
  }
}

function asked(get: () => VaultAnswer): VaultAnswer {
  try {
    return get();
  } catch (error) {
    throw unanswered(error);
  }
}

function unanswered(error: unknown): VaultError {
  return missing(thrownText(error));
}

function missing(why: string): VaultError {
  return new VaultError(`could not get value from external vault (${why})`);
}

/** Only options that the kind has count, and only good values; Kong ignores all others as well. */
function overrides(fields: Fields, given: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const value = field && optionOf(field, text);
    if (field && fieldValidator(field).passes(value)) result[name] = value;
  }
  return result;
}

function optionOf(field: Field, text: string): unknown {
  if (field.kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  return field.kind === "number" || field.kind === "integer" ? Number(text) : text;
}

function subfield(secret: string, key: string): string {
  const fail = (why: string): VaultError => missing(`could not get subfield value: ${why}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(secret);
  } catch (error) {
    throw fail(`unable to json decode value (${(error as Error).message})`);
  }
  if (!isObject(parsed)) throw fail("unable to json decode value (not an object)");
  const value = Object.hasOwn(parsed, key) ? parsed[key] : undefined;
  if (value === undefined) throw fail(`subfield ${key} not found in JSON secret`);
  if (typeof value !== "string") throw fail(`unexpected ${luaType(value)} value in JSON secret for subfield ${key}`);
  return value;
}

function luaType(value: unknown): string {
  if (value === null) return "userdata";
  return typeof value === "object" ? "table" : typeof value;
}
