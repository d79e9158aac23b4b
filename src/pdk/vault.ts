import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import { isReference, parseReference, type VaultReference } from "../vaults/reference.js";
import { referencesIn, withSecrets } from "../vaults/resolve.js";
import type { VaultRecord } from "../vaults/vault-set.js";
import type { RequestContext } from "./request-context.js";

/**
 * References to secrets, `{vault://…}`. Those in a plugin's own configuration are resolved before a phase sees them, and again when the
 * secrets change.
 */
export class PdkVault {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Whether a value has the form of a reference. */
  isReference(value: unknown): value is string {
    return isReference(value);
  }

  /**
   * Takes a reference apart.
   *
   * @throws VaultError with Kong's text when it is none
   */
  parseReference(reference: string): VaultReference {
    return parseReference(reference);
  }

  /**
   * The secret that a reference stands for. It is kept for as long as its vault says.
   *
   * @throws VaultError with Kong's text when there is none
   */
  get(reference: string): MaybePromise<string> {
    const { node } = this.#context;
    const found = this.#find(parseReference(reference).name);
    if (isPromise(found)) return found.then((record) => node.vaults.get(reference, () => record));
    return node.vaults.get(reference, () => found);
  }

  /**
   * A configuration with the secrets of now: the plugin's own, as a phase has got it, or any object with references in it. A secret that
   * there is not is the empty text, with a warning in the log.
   */
  async update<C extends object>(config: C): Promise<C> {
    const original = await this.#original(config);
    const find = await this.#finder(referencesIn(original));
    return this.#filled(original, config, find);
  }

  /**
   * Does something that needs secrets, such as signing in to a server. When nothing comes of it, the secrets of the configuration are
   * asked for again, and if any is another one now, it is done once more. The configuration that later requests get has the new ones too.
   *
   * @param callback - gets the configuration; answers something falsy when the secrets may be to blame. What it throws is not caught
   * @param config - as {@link update} takes it
   * @returns what the last call has answered
   * @example
   * ```ts
   * const session = await pdk.vault.try((current) => signIn(current.host, current.password), config);
   * ```
   */
  async try<C extends object, T>(callback: (config: C) => MaybePromise<T>, config: C): Promise<T> {
    const original = await this.#original(config);
    const references = referencesIn(original);
    const find = await this.#finder(references);
    const result = await callback(original === config ? this.#filled(original, config, find) : config);
    if (result || references.size === 0) return result;
    await this.#context.node.vaults.refresh(references, find);
    const current = this.#filled(original, config, find);
    return current === config ? result : callback(current);
  }

  #find(name: string): MaybePromise<VaultRecord | undefined> {
    const { node, entities } = this.#context;
    if (node.vaults.has(name)) return undefined;
    return entities.selectBy("vaults", "prefix", name) as MaybePromise<VaultRecord | undefined>;
  }

  /** The vaults of some references, looked up beforehand. */
  async #finder(references: ReadonlySet<string>): Promise<(prefix: string) => VaultRecord | undefined> {
    const found = new Map<string, VaultRecord | undefined>();
    for (const reference of references) {
      const name = nameIn(reference);
      if (name !== undefined && !found.has(name)) found.set(name, await this.#find(name));
    }
    return (prefix) => found.get(prefix);
  }

  /** What a plugin gets as its configuration has secrets; the stored record has the references. */
  async #original(config: object): Promise<unknown> {
    const id = (config as { readonly __plugin_id?: unknown }).__plugin_id;
    const stored = typeof id === "string" ? await this.#context.entities.select("plugins", id) : undefined;
    return stored?.config ?? config;
  }

  #filled<C extends object>(original: unknown, config: C, find: (prefix: string) => VaultRecord | undefined): C {
    const { vaults, logger } = this.#context.node;
    return withSecrets(original, config, (reference) => {
      try {
        return vaults.get(reference, find);
      } catch (error) {
        logger.warn(`error updating secret reference ${reference}: ${(error as Error).message}`);
        return "";
      }
    });
  }
}

function nameIn(reference: string): string | undefined {
  try {
    return parseReference(reference).name;
  } catch {
    return undefined;
  }
}
