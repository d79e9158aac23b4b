import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createGateway, type Gateway } from "../../gateway.js";
import type { Cli } from "../command.js";
import type { Io } from "../io.js";
import { reportError } from "../report.js";
import { type ToPrimary, type ToWorker, workerVariables } from "./messages.js";
import type { StartSettings } from "./settings.js";
import { tellLoads } from "./single.js";

/** Runs one of several processes that serve the same addresses, until the primary process ends it. */
export async function runWorker(settings: StartSettings, { io, env }: Cli): Promise<number> {
  // A terminal sends its signals to all processes. Which of them end, and when, is up to the primary process.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  const gateway = createGateway(settings.options);
  const speaks = env[workerVariables.speaks] === "1";
  tellLoads(gateway, settings.file, speaks ? errorsOnly(io) : silent);
  await gateway.ready();
  const admin = await openSocket(gateway, env[workerVariables.socket]);
  const ended = untilEnded(gateway, settings, admin);
  tell({ type: "loaded" });
  return ended;
}

const silent: Io = { out: () => undefined, err: () => undefined };

/** That a configuration is in force is told by the primary process, once all workers have it. */
function errorsOnly(io: Io): Io {
  return { ...io, out: () => undefined };
}

async function openSocket(gateway: Gateway, path: string | undefined): Promise<Server | undefined> {
  if (path === undefined || path === "") return undefined;
  const server = createServer(gateway.admin).listen(path);
  await once(server, "listening");
  return server;
}

function untilEnded(gateway: Gateway, settings: StartSettings, admin: Server | undefined): Promise<number> {
  return new Promise((resolve) => {
    const end = (): void => {
      admin?.close();
      admin?.closeAllConnections();
      gateway.close().then(
        () => resolve(0),
        () => resolve(1),
      );
    };
    process.on("message", (message: ToWorker) => {
      if (message.type === "serve") serve(gateway, settings).catch((error: unknown) => resolve(failed(error)));
      else if (message.type === "reload") void reload(gateway, settings.file);
      else end();
    });
    // Without a primary process nobody would end this one.
    process.once("disconnect", end).once("SIGTERM", end);
  });
}

async function serve(gateway: Gateway, { proxy, status }: StartSettings): Promise<void> {
  const addresses = await gateway.listen({ proxy, ...(status ? { status } : {}) });
  if (addresses.proxy) tell({ type: "serving", proxy: addresses.proxy });
}

async function reload(gateway: Gateway, file: string | undefined): Promise<void> {
  try {
    const { changed } = await gateway.loadConfig({ path: file as string });
    tell({ type: "reloaded", outcome: changed ? "changed" : "unchanged" });
  } catch {
    tell({ type: "reloaded", outcome: "refused" });
  }
}

function failed(error: unknown): number {
  reportError(error, { ...silent, err: (line) => void process.stderr.write(`${line}\n`) });
  return 1;
}

function tell(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}
