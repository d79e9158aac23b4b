import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { type LoadedDocument, loadDeclarative } from "../declarative/load.js";
import { type DeclarativeOptions, declarativeSettings } from "../gateway-declarative.js";
import { loadPlugins } from "../gateway-plugins.js";
import { entityDefinitions } from "../gateway-store.js";
import { type KongSettings, optionsOf, settingsFromEnv, settingsFromFile } from "../kong-options.js";
import type { GatewayOptions } from "../options.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { Cli } from "./command.js";

/** The settings of a run by Kong's names, and the options that they stand for. */
export interface CliSettings {
  readonly settings: KongSettings;
  readonly options: GatewayOptions;
}

/**
 * Reads a kong.conf, if there is one, and the environment, which wins.
 *
 * @param warn - told of what is not read
 * @throws OptionsError
 */
export function readSettings(cli: Cli, conf: string | undefined, warn: (message: string) => void = () => undefined): CliSettings {
  const settings = new Map([...(conf === undefined ? [] : settingsFromFile(conf, warn)), ...settingsFromEnv(cli.env)]);
  return { settings, options: optionsOf(settings, cli.env, warn) };
}

/** The flags of every command that reads documents. */
export interface DocumentFlags {
  readonly conf?: string;
  readonly deck?: true;
  readonly env?: true;
  readonly strict?: true;
}

/** Adds the flags of {@link DocumentFlags} to a command. */
export function withDocumentFlags(
  command: Command,
  conf = "a kong.conf: its setting plugins says which ones are known",
): Command {
  return command
    .option("-c, --conf <file>", conf)
    .option("--deck", "accept the state files of decK")
    .option("--env", "replace placeholders such as $NAME by variables of the environment")
    .option("--strict", "take warnings for errors");
}

/** The option `declarative` that the flags stand for. */
export function declarativeOptions({ deck, env, strict }: DocumentFlags, cli: Cli): DeclarativeOptions {
  return { deck: deck === true, strict: strict === true, environment: env === true ? cli.env : false };
}

/** The entities that documents may have: the setting `plugins` decides. */
export function entitiesOf({ plugins, database }: GatewayOptions): readonly EntityDefinition[] {
  return Object.values(entityDefinitions(loadPlugins(plugins, database).all));
}

/**
 * `<(sops -d gateway.yml)`, or `/dev/stdin` behind a pipe. The library reads none of these, since they may keep it waiting, and their names
 * say nothing of what is in them.
 */
export function isReadOnce(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/** Reads documents as the flags of a command say. */
export class DocumentReader {
  readonly entities: readonly EntityDefinition[];
  readonly #settings: ReturnType<typeof declarativeSettings>;

  /** @throws OptionsError */
  constructor(flags: DocumentFlags, cli: Cli) {
    this.entities = entitiesOf(readSettings(cli, flags.conf).options);
    this.#settings = declarativeSettings(declarativeOptions(flags, cli));
  }

  /** @throws the error of the file system */
  read(file: string): Promise<string> {
    return readFile(file, "utf8");
  }

  /** @throws DeclarativeConfigError */
  load(file: string, text: string): LoadedDocument {
    const named = isReadOnce(file) ? {} : { filename: file };
    return loadDeclarative(text, { entities: this.entities, ...named, dbless: false, ...this.#settings });
  }
}
