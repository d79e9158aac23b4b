import { createGateway, type Gateway } from "../../gateway.js";
import type { Io } from "../io.js";
import { Progress } from "../progress.js";
import { reportError, reportWarnings } from "../report.js";
import { urlOf } from "./addresses.js";
import { keepPidFile } from "./pid-file.js";
import type { StartSettings } from "./settings.js";
import { untilStopped } from "./stop-signals.js";

/** Runs a gateway in this process until a signal ends it. */
export async function runSingle(settings: StartSettings, io: Io): Promise<number> {
  const { options, file, piped, watch, proxy, admin, status, pidFile } = settings;
  const gateway = createGateway({ ...options, watch });
  // Listened for before anything is announced: who reads the announcement may send a signal at once.
  const stopped = untilStopped(() => end(gateway, io));
  // Before what tells of the load: the bar has to be away by then.
  showProgress(gateway, io);
  const told = tellLoads(gateway, file ?? piped?.file, io);
  process.on("SIGHUP", () => void reload(gateway, file, io, told));
  try {
    await gateway.ready();
    const addresses = await gateway.listen({ proxy, ...(admin ? { admin } : {}), ...(status ? { status } : {}) });
    keepPidFile(pidFile);
    if (addresses.proxy) io.out(`proxy listens on ${urlOf(addresses.proxy)}`);
    if (addresses.admin) io.out(`Admin API listens on ${urlOf(addresses.admin)}`);
    if (addresses.status) io.out(`Status API listens on ${urlOf(addresses.status)}`);
  } catch (error) {
    await gateway.close({ graceMs: 0 });
    throw error;
  }
  return stopped;
}

function showProgress(gateway: Gateway, io: Io): void {
  const bar = new Progress(io, "loading");
  gateway.on("config:progress", ({ phase, done, total }) => bar.show(done, total, phase));
  gateway.on("config:loaded", () => bar.end()).on("config:rejected", () => bar.end());
}

/**
 * Tells of configurations that come into force or are refused, whoever has brought them.
 *
 * @returns the errors that have been told
 */
export function tellLoads(gateway: Gateway, file: string | undefined, io: Io): WeakSet<Error> {
  const told = new WeakSet<Error>();
  const warn = (): void => reportWarnings(gateway.config.warnings, io, file ?? "configuration");
  warn();
  gateway.on("config:loaded", () => {
    warn();
    io.out("configuration loaded");
  });
  gateway.on("config:rejected", (error) => {
    told.add(error);
    reportError(error, io);
  });
  return told;
}

async function reload(gateway: Gateway, file: string | undefined, io: Io, told: WeakSet<Error>): Promise<void> {
  if (file === undefined) {
    io.err("there is no configuration file to read again");
    return;
  }
  try {
    const { changed } = await gateway.loadConfig({ path: file });
    if (!changed) io.out("configuration unchanged");
  } catch (error) {
    if (!told.has(error as Error)) reportError(error, io);
  }
}

/** Lets requests in hand end. */
export async function end(gateway: Gateway, io: Io): Promise<number> {
  io.out("stopping");
  try {
    await gateway.close();
    return 0;
  } catch (error) {
    reportError(error, io);
    return 1;
  }
}
