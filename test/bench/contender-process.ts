import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ContenderStartError, type RunningContender, type Usage } from "./contender.js";
import { ask, ChildEndedError, receive } from "./ipc.js";
import { startNginx } from "./nginx.js";
import type { ContenderDefinition } from "./registry.js";

type HostReply = { readonly port: number } | { readonly error: string; readonly code: string | null };

const builtEntry = new URL("../../dist/index.js", import.meta.url);
const sourceEntry = new URL("../../src/index.ts", import.meta.url);
/** Whether the built package is measured; otherwise the sources are, and a loader is in the contender's process. */
export const measuresBuild = existsSync(builtEntry);

interface HostOptions {
  /** The program of the process, a file beside this one. */
  readonly host: string;
  readonly execArgv: readonly string[];
}

/**
 * Forks the process of a contender that is a module.
 *
 * @throws ContenderStartError when it does not come up
 */
export async function forkContender(
  definition: ContenderDefinition,
  upstreamPort: number,
  { host, execArgv }: HostOptions,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const settings = {
    upstream: { host: "127.0.0.1", port: upstreamPort, origin: `http://127.0.0.1:${upstreamPort}` },
    entry: measuresBuild ? "postern" : sourceEntry.href,
    routes: definition.routes,
    plugins: definition.plugins ?? false,
  };
  const loader = definition.name.startsWith("postern") && !measuresBuild ? ["--import", import.meta.resolve("tsx")] : [];
  const child = fork(
    fileURLToPath(new URL(host, import.meta.url)),
    [`./contenders/${definition.module}`, JSON.stringify(settings)],
    { execArgv: [...loader, ...execArgv], env: { ...process.env, NODE_ENV: "production" } },
  );
  const reply = await receive<HostReply>(child).catch((error: unknown) => {
    throw error instanceof ChildEndedError ? new ContenderStartError(error.message, false) : error;
  });
  if ("error" in reply) throw new ContenderStartError(reply.error, reply.code === "ERR_MODULE_NOT_FOUND");
  return { child, port: reply.port };
}

/** Starts the contender in a process of its own and waits until it listens. */
export async function startContender(definition: ContenderDefinition, upstreamPort: number): Promise<RunningContender> {
  if (definition.kind === "nginx") return startNginx(upstreamPort);
  const { child, port } = await forkContender(definition, upstreamPort, { host: "./contender-host.mjs", execArgv: [] });
  return { port, sample: () => ask<Usage>(child, "sample"), stop: () => endChild(child) };
}

/** Lets a forked process end and waits for it. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  await exited;
}
