import { readFileSync } from "node:fs";
import { checkObject, wrongArgument } from "./errors/check-argument.js";
import { OptionsError } from "./errors/gateway-error.js";
import { postgresOptionsFrom } from "./gateway-postgres.js";
import { parseConf } from "./kong-conf.js";
import { kindOfName, processSettings, readSetting, settingNames } from "./kong-settings.js";
import type { GatewayOptions } from "./options.js";
import { closest } from "./util/closest.js";

/** Variables of the environment, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How settings are read. */
export interface SettingsOptions {
  /** Told of what is not read, and of names that no setting has. Default: `console.warn`. */
  readonly warn?: (message: string) => void;
}

/** Settings by Kong's names: their texts, and the names under which the author knows them. */
export type KongSettings = ReadonlyMap<string, { readonly value: string; readonly shown: string }>;

const prefix = "KONG_";

/**
 * Options from the environment: `KONG_TRUSTED_IPS` is `trustedIps`, and so on. Variables that are empty count as not set.
 *
 * @param env - usually `process.env`; the library never looks there by itself
 * @throws OptionsError for a text that cannot be
 * @example
 * ```ts
 * const gateway = createGateway({ ...optionsFromEnv(process.env), plugins: ["bundled", mine] });
 * ```
 */
export function optionsFromEnv(env: Environment, { warn = warnOnConsole }: SettingsOptions = {}): GatewayOptions {
  return optionsOf(settingsFromEnv(env), env, warn);
}

/**
 * Options from a kong.conf.
 *
 * @param path - of the file
 * @param options - `env`: variables that win over the file, as in Kong; default: none
 * @throws OptionsError for a text that cannot be, and when the file cannot be read
 */
export function optionsFromFile(
  path: string,
  { env = {}, warn = warnOnConsole }: SettingsOptions & { readonly env?: Environment } = {},
): GatewayOptions {
  if (typeof path !== "string") throw wrongArgument("conf", "the path of a file", path);
  return optionsOf(new Map([...settingsFromFile(path, warn), ...settingsFromEnv(env)]), env, warn);
}

/** The settings that the environment has. */
export function settingsFromEnv(env: Environment): KongSettings {
  checkObject("env", "an object with variables, such as process.env", env);
  const settings = new Map<string, { value: string; shown: string }>();
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || value === undefined || value === "") continue;
    settings.set(variable.slice(prefix.length).toLowerCase(), { value, shown: variable });
  }
  return settings;
}

/**
 * The settings that a kong.conf has.
 *
 * @throws OptionsError when it cannot be read
 */
export function settingsFromFile(path: string, warn: (message: string) => void): KongSettings {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionsError("conf", `the file cannot be read: ${(error as Error).message}`, error);
  }
  const { entries, faults } = parseConf(text);
  for (const line of faults) warn(`${path}:${line}: there is no "name = value" in this line`);
  const given = [...entries].filter(([, { value }]) => value !== "");
  return new Map(given.map(([name, { value, line }]) => [name, { value, shown: `${path}:${line}: ${name}` }]));
}

/**
 * The options that settings stand for.
 *
 * @param env - where references such as `{vault://env/pg-password}` are looked up
 * @throws OptionsError for a text that cannot be
 */
export function optionsOf(settings: KongSettings, env: Environment, warn: (message: string) => void): GatewayOptions {
  const options: Record<string, unknown> = {};
  const used = new Set<string>();
  const textOf = (name: string): string | undefined => {
    const setting = settings.get(name);
    if (!setting) return undefined;
    used.add(name);
    return dereferenced(name, setting.value, env);
  };
  Object.assign(options, withCertificates(postgresOptionsFrom(textOf)));
  for (const name of settingNames) {
    const value = textOf(name);
    for (const [option, read] of Object.entries(value === undefined ? {} : (readSetting(name, value) ?? {}))) {
      options[option] = option === "admin" ? { ...(options.admin as object | undefined), ...(read as object) } : read;
    }
  }
  for (const [name, { shown }] of settings) if (!used.has(name)) tellUnused(name, shown, warn);
  if (options.database === "postgres") {
    for (const name of ["declarativeConfig", "declarativeConfigString"]) delete options[name];
  }
  return options;
}

function tellUnused(name: string, shown: string, warn: (message: string) => void): void {
  const kind = kindOfName(name);
  if (kind === "without meaning") warn(`${shown} has no meaning here and is ignored`);
  if (kind !== "unknown") return;
  const meant = closest(name, [...settingNames, ...processSettings, ...pgNames]);
  const hint = meant === undefined ? "" : `; did you mean '${shown.startsWith(prefix) ? prefix + meant.toUpperCase() : meant}'?`;
  warn(`${shown} is no setting and is ignored${hint}`);
}

const pgNames = "host port user password database schema timeout ssl ssl_required ssl_verify pool_size"
  .split(" ")
  .map((name) => `pg_${name}`);

/** Kong resolves references to secrets in its settings too. Before there is a gateway, the environment is the only vault. */
function dereferenced(name: string, text: string, env: Environment): string {
  const reference = /^\{vault:\/\/([^/}]+)\/([^/}?#]+)\}$/.exec(text);
  if (!reference) return text;
  const [, vault, secret = ""] = reference;
  if (vault !== "env") throw new OptionsError(name, `'${text}': settings can refer to the vault 'env' only`);
  const variable = secret.replaceAll("-", "_").toUpperCase();
  const value = env[variable];
  if (value === undefined) throw new OptionsError(name, `'${text}': the variable ${variable} is not set`);
  return value;
}

/** Kong's settings name files where our options take their content. */
function withCertificates(options: GatewayOptions): GatewayOptions {
  const { pgSslCert, pgSslCertKey } = options;
  return {
    ...options,
    ...(pgSslCert === undefined ? {} : { pgSslCert: contentOf("pg_ssl_cert", pgSslCert) }),
    ...(pgSslCertKey === undefined ? {} : { pgSslCertKey: contentOf("pg_ssl_cert_key", pgSslCertKey) }),
  };
}

function contentOf(setting: string, text: string): string {
  if (text.includes("-----BEGIN")) return text;
  try {
    return readFileSync(text, "utf8");
  } catch (error) {
    throw new OptionsError(setting, `the file cannot be read: ${(error as Error).message}`, error);
  }
}

/** What is told where the caller does not listen. */
export function warnOnConsole(message: string): void {
  console.warn(`[postern] ${message}`);
}
