import type { Subschema } from "../schema/entity.js";
import { type Fields, type InferFields, record } from "../schema/field.js";

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
  get(config: InferFields<C>, resource: string, version: number | undefined): string | undefined;
}

/** Any kind of vault, whatever its settings. */
export type AnyVault = Omit<Vault, "get"> & {
  get(config: never, resource: string, version: number | undefined): string | undefined;
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
  return Object.freeze({ ...vault });
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
