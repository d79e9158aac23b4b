import { availableParallelism } from "node:os";
import { isPluginFile } from "../../gateway-plugins.js";
import type { ListenAddress } from "../../gateway-servers.js";
import { listenOf } from "../../kong-listen.js";
import type { GatewayOptions } from "../../options.js";
import { tokenVariable } from "../admin-client.js";
import { type Cli, portOf, UsageError } from "../command.js";
import { paint } from "../io.js";
import { type DocumentFlags, declarativeOptions, readSettings } from "../settings.js";

/** The flags of `postern start`. */
export interface StartFlags extends DocumentFlags {
  readonly config?: string;
  readonly watch?: true;
  readonly workers?: string;
  readonly host?: string;
  readonly proxyPort?: string;
  readonly admin: boolean;
  readonly adminHost?: string;
  readonly adminPort?: string;
  readonly pidFile?: string;
}

/** A host and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a gateway is started with. */
export interface StartSettings {
  readonly options: GatewayOptions;
  /** The file that the configuration comes from, and is read from again. */
  readonly file: string | undefined;
  readonly watch: boolean;
  readonly workers: number;
  readonly proxy: Address;
  readonly admin: Address | undefined;
  readonly status: ListenAddress | undefined;
  readonly pidFile: string | undefined;
}

/** More workers than this are a slip of the finger. */
const MOST_WORKERS = 1024;

/**
 * Works out what to start: flags win over the environment, and that over the kong.conf.
 *
 * @param isQuiet - warnings have been written already, by another process
 * @throws UsageError, OptionsError
 */
export function startSettings(flags: StartFlags, cli: Cli, isQuiet: boolean): StartSettings {
  const { io, env } = cli;
  const warn = (message: string): void => {
    if (!isQuiet) io.err(`${paint(io, "err", "yellow", "warning:")} ${message}`);
  };
  const { settings, options } = readSettings(cli, flags.conf, warn);
  const listen = listenOf(settings, warn);
  const { declarativeConfig, ...others } = options;
  const file = flags.config ?? (typeof declarativeConfig === "string" ? declarativeConfig : undefined);
  const hasPluginFiles = options.plugins?.some((plugin) => typeof plugin === "string" && isPluginFile(plugin)) === true;
  if (flags.watch && file === undefined && !hasPluginFiles) {
    throw new UsageError("--watch: there is no file to watch; name one with --config");
  }
  const isAdminOff =
    !flags.admin || (settings.get("admin_listen")?.value.trim().toLowerCase() === "off" && flags.adminPort === undefined);
  const workers = settings.get("nginx_worker_processes") ?? settings.get("nginx_main_worker_processes");
  const token = env[tokenVariable] ?? "";
  return {
    options: {
      ...others,
      declarative: declarativeOptions(flags, cli),
      ...(file === undefined ? {} : { declarativeConfig: file }),
      ...(token === "" ? {} : { admin: { ...others.admin, token } }),
    },
    file,
    watch: flags.watch === true,
    workers: workersOf(flags.workers ?? workers?.value ?? "1", others),
    proxy: addressOf(listen.proxy, flags.host, "--proxy-port", flags.proxyPort, 8000),
    admin: isAdminOff ? undefined : addressOf(listen.admin, flags.adminHost, "--admin-port", flags.adminPort, 8001),
    status: listen.status,
    pidFile: flags.pidFile,
  };
}

function addressOf(
  setting: ListenAddress | undefined,
  host: string | undefined,
  flag: string,
  port: string | undefined,
  defaultPort: number,
): Address {
  const given = typeof setting === "object" ? setting : { host: undefined, port: setting };
  return {
    host: host ?? given.host ?? "127.0.0.1",
    port: port === undefined ? (given.port ?? defaultPort) : portOf(flag, port),
  };
}

function workersOf(text: string, { database }: GatewayOptions): number {
  const workers = text === "auto" ? availableParallelism() : Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
    throw new UsageError(`--workers: '${text}' is neither a number of processes nor 'auto'`);
  }
  if (workers > 1 && database === "memory") {
    throw new UsageError("--workers: each process would have a database of its own; 'memory' is for one");
  }
  return workers;
}
