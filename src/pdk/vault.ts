import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import { isReference, parseReference, type VaultReference } from "../vaults/reference.js";
import type { VaultRecord } from "../vaults/vault-set.js";
import type { RequestContext } from "./request-context.js";

/** References to secrets, `{vault://…}`. Those in a plugin's own configuration are resolved before a phase sees them. */
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
   * The secret that a reference stands for.
   *
   * @throws VaultError with Kong's text when there is none
   */
  get(reference: string): MaybePromise<string> {
    const { node, entities } = this.#context;
    const { name } = parseReference(reference);
    if (node.vaults.has(name)) return node.vaults.get(reference, () => undefined);
    const found = entities.selectBy("vaults", "prefix", name) as MaybePromise<VaultRecord | undefined>;
    if (isPromise(found)) return found.then((record) => node.vaults.get(reference, () => record));
    return node.vaults.get(reference, () => found);
  }
}
