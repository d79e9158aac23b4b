import { isReference } from "../schema/values.js";
import { splitUrl } from "../util/split-url.js";

export { isReference } from "../schema/values.js";

/** The parts of `{vault://<name>/<resource>[/<key>][?<option>=<value>][#<version>]}`. */
export interface VaultReference {
  /** A kind of vault, or the prefix of a vault entity. */
  readonly name: string;
  readonly resource: string;
  /** The member of the secret, which is then a JSON object. */
  readonly key?: string;
  /** Settings of the vault that this reference overrides. */
  readonly config?: Readonly<Record<string, string>>;
  readonly version?: number;
}

/** A reference that can not be read or resolved. The texts are Kong's. */
export class VaultError extends Error {
  override readonly name = "VaultError";
}

/**
 * Takes a reference apart.
 *
 * @throws VaultError when it is none
 */
export function parseReference(reference: unknown): VaultReference {
  if (!isReference(reference)) throw new VaultError(`not a reference [${String(reference)}]`);
  const fail = (what: string): never => {
    throw new VaultError(`reference url ${what} [${reference}]`);
  };
  const [address = "", fragment] = cut(reference.slice("{vault://".length, -1), "#");
  const [place = "", query] = cut(address, "?");
  const { host } = splitUrl(`vault://${place}`);
  if (host === undefined || host === "") return fail("is missing host");
  const slash = place.indexOf("/");
  if (slash === -1) return fail("is missing path");
  const path = place.slice(slash + 1);
  if (path === "") return fail("has empty path");
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  if (parts.length === 0) return fail("has invalid path");
  const key = parts.length > 1 && !path.endsWith("/") ? parts.pop() : undefined;
  if (fragment !== undefined && !/^[+-]?\d+$/.test(fragment)) return fail("has invalid version");
  return {
    name: host,
    resource: parts.join("/"),
    ...(key === undefined ? {} : { key }),
    ...(query === undefined || query === "" ? {} : { config: Object.fromEntries(new URLSearchParams(query)) }),
    ...(fragment === undefined ? {} : { version: Number(fragment) }),
  };
}

function cut(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
