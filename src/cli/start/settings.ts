import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { OptionsError } from "../../errors/gateway-error.js";
import { isPluginFile } from "../../gateway-plugins.js";
import type { ListenAddress } from "../../gateway-servers.js";
import { listenOf } from "../../kong-listen.js";
import type { GatewayOptions } from "../../options.js";
import { tokenVariable } from "../admin-client.js";
import { type Cli, portOf, UsageError } from "../command.js";
import { paint } from "../io.js";
import type { ReportedDocument } from "../report.js";
import { type DocumentFlags, declarativeOptions, isReadOnce, readSettings } from "../settings.js";

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
  /** What has come out of a pipe instead, which gives its content once. */
  readonly piped: Required<ReportedDocument> | undefined;
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
  const source = flags.config ?? (typeof declarativeConfig === "string" ? declarativeConfig : undefined);
  const isPiped = source !== undefined && isReadOnce(source);
  const file = isPiped ? undefined : source;
  const hasPluginFiles = options.plugins?.some((plugin) => typeof plugin === "string" && isPluginFile(plugin)) === true;
  if (flags.watch && file === undefined && !hasPluginFiles) {
    throw new UsageError(
      isPiped
        ? `--watch: '${source}' is no file that could be watched`
        : "--watch: there is no file to watch; name one with --config",
    );
  }
  const isAdminOff =
    !flags.admin || (settings.get("admin_listen")?.value.trim().toLowerCase() === "off" && flags.adminPort === undefined);
  const processes = settings.get("nginx_worker_processes") ?? settings.get("nginx_main_worker_processes");
  const workers = workersOf(flags.workers ?? processes?.value ?? "1", others);
  if (isPiped && workers > 1)
    throw new UsageError(`--workers: each process would have to read '${source}', which can be read once`);
  const token = env[tokenVariable] ?? "";
  const piped = isPiped ? { file: source, text: textOf(source) } : undefined;
  return {
    options: {
      ...others,
      declarative: declarativeOptions(flags, cli),
      ...(file === undefined ? {} : { declarativeConfig: file }),
      ...(piped === undefined ? {} : { declarativeConfigString: piped.text }),
      ...(token === "" ? {} : { admin: { ...others.admin, token } }),
    },
    file,
    piped,
    watch: flags.watch === true,
    workers,
    proxy: addressOf(listen.proxy, flags.host, "--proxy-port", flags.proxyPort, 8000),
    admin: isAdminOff ? undefined : addressOf(listen.admin, flags.adminHost, "--admin-port", flags.adminPort, 8001),
    status: listen.status,
    pidFile: flags.pidFile,
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionsError("declarativeConfig", `the file cannot be read: ${(error as Error).message}`, error);
  }
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
