import { OptionsError } from "./errors/gateway-error.js";

/** How documents are read beyond what Kong does; see {@link GatewayOptions.declarative}. */
export interface DeclarativeOptions {
  /**
   * Accepts the state files of decK: `_info` (defaults and tags), `_plugin_configs`, references such as `service: { name: orders }`. What
   * concerns Konnect or Kong Enterprise only is left out, with a warning. Default `false`.
   */
  readonly deck?: boolean;
  /**
   * Replaces `$NAME`, `${NAME}` and `${NAME:-default}` in texts of a document, once it has been parsed; `$$` stands for one `$`. `true`
   * takes the variables of the process, as they are when the gateway is created; an object is used in their place. A name without a
   * value is a fault. Default `false`.
   */
  readonly environment?: boolean | Readonly<Record<string, string | undefined>>;
  /** Refuses a document that has warnings. Default `false`. */
  readonly strict?: boolean;
}

/** {@link DeclarativeOptions} as the loader takes them. */
export interface DeclarativeSettings {
  readonly deck: boolean;
  readonly strict: boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const members: readonly string[] = ["deck", "environment", "strict"];

/**
 * Checks the option `declarative` and takes a copy of the variables: what has been loaded must not depend on who changes them later.
 *
 * @throws OptionsError for a member that there is not, or a value that cannot be
 */
export function declarativeSettings(options: DeclarativeOptions = {}): DeclarativeSettings {
  if (typeof options !== "object" || options === null) throw new OptionsError("declarative", "must be an object");
  for (const name of Object.keys(options)) {
    if (!members.includes(name)) throw new OptionsError("declarative", `'${name}' is no part of it: ${members.join(", ")} are`);
  }
  const { deck = false, strict = false, environment = false } = options;
  if (typeof deck !== "boolean") throw new OptionsError("declarative", "'deck' must be true or false");
  if (typeof strict !== "boolean") throw new OptionsError("declarative", "'strict' must be true or false");
  const variables: unknown = environment === true ? process.env : environment;
  if (variables === false) return { deck, strict };
  if (typeof variables !== "object" || variables === null) {
    throw new OptionsError("declarative", "'environment' must be true, false or an object with variables");
  }
  const copy: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && typeof value !== "string") {
      throw new OptionsError("declarative", `'environment': the value of '${name}' must be a text`);
    }
    copy[name] = value as string | undefined;
  }
  return { deck, strict, environment: copy };
}
