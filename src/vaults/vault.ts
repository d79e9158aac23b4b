import { checkObject, wrongArgument } from "../errors/check-argument.js";
import type { Subschema } from "../schema/entity.js";
import { type Fields, type InferFields, num, record } from "../schema/field.js";
import { checkFields } from "../schema/field-arguments.js";

/** A kind of vault, as {@link defineVault} takes it. */
export interface Vault<Name extends string = string, C extends Fields = Fields> {
  /** Lower case with dashes: the `name` of vault entities, and what references may name directly. */
  readonly name: Name;
  /** The settings, field by field. Vault entities carry them, and references may override them: `?prefix=app-`. */
  readonly config: C;
  /**
   * Looks a secret up. Must answer at once: fetch what is far away before the gateway is made.
   *
   * @param config - complete and checked
   * @param resource - what the reference names: `db/password` of `{vault://mine/db/password/}`
   * @param version - the number behind `#`
   * @returns the secret, or `undefined` when there is none; what it throws becomes the reason in the log
   */
  get(config: InferFields<C>, resource: string, version: number | undefined): VaultAnswer;
  /**
   * Asked in place of {@link get} where there is time to wait: when a secret's time is over, and by `pdk.vault.try`. Default: `get`.
   */
  refresh?(config: InferFields<C>, resource: string, version: number | undefined): Promise<VaultAnswer>;
}

/** A secret; with `ttl`, the seconds after which it is asked for again. `undefined`: there is none. */
export type VaultAnswer = string | { readonly value: string; readonly ttl?: number } | undefined;

/** Any kind of vault, whatever its settings. */
export type AnyVault = Omit<Vault, "get" | "refresh"> & {
  get(config: never, resource: string, version: number | undefined): VaultAnswer;
  refresh?(config: never, resource: string, version: number | undefined): Promise<VaultAnswer>;
};

/**
 * Settings that say how long secrets are good, for the `config` of a kind of vault whose secrets change: `config: { ...vaultTimes, … }`.
 * Without them a secret is asked for once, unless the vault itself answers with a `ttl`.
 */
export const vaultTimes = {
  ttl: num({ description: "Seconds after which a secret is asked for again; 0 for never." }),
  neg_ttl: num({ description: "Seconds after which a secret is asked for again that could not be had; at least 120 count." }),
  resurrect_ttl: num({ description: "Seconds that an old secret is used on when the vault does not answer. Default: for ever." }),
  min_ttl: num({ description: "The least that counts as the time of a secret, whatever the vault says." }),
  max_ttl: num({ description: "The most that counts." }),
};

/**
 * Defines a kind of vault, for `createGateway({ vaults: [...] })`.
 *
 * @example
 * ```ts
 * const files = defineVault({
 *   name: "files",
 *   config: { folder: str({ required: true, default: "/run/secrets" }) },
 *   get: (config, resource) => readFileSync(join(config.folder, resource), "utf8"),
 * });
 * ```
 */
export function defineVault<const Name extends string, const C extends Fields>(vault: Vault<Name, C>): Vault<Name, C> {
  checkVault("vault", vault);
  return Object.freeze({ ...vault });
}

/**
 * @param name - of the argument or the option
 * @throws OptionsError for what is no kind of vault
 */
export function checkVault(name: string, vault: unknown): void {
  checkObject(name, "an object with a name, a config and a function get", vault);
  const { name: kind, config, get } = vault as Partial<Record<"name" | "config" | "get", unknown>>;
  if (typeof kind !== "string") throw wrongArgument(`${name}.name`, "a text", kind);
  checkFields(`${name}.config`, config);
  if (typeof get !== "function") throw wrongArgument(`${name}.get`, "a function", get);
}

const subschemas = new WeakMap<Fields, Subschema>();

/** What a kind of vault adds to the schema of vault entities: its settings. */
export function vaultSubschema({ config }: Pick<Vault, "config">): Subschema {
  let subschema = subschemas.get(config);
  if (subschema === undefined) {
    subschema = { fields: { config: record(config, { description: "Settings of this kind of vault." }) } };
    subschemas.set(config, subschema);
  }
  return subschema;
}
