import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { waitFor } from "../../support/wait-for.js";

/** A gateway in another process. */
export interface OtherGateway extends AsyncDisposable {
  readonly port: number;
}

/** Starts a gateway in a process of its own. */
export async function otherGateway(options: object): Promise<OtherGateway> {
  const path = fileURLToPath(new URL("gateway-child.ts", import.meta.url));
  const child = fork(path, [JSON.stringify(options)], { execArgv: ["--import", "tsx"] });
  let port = 0;
  child.on("message", (message) => {
    port = (message as { port: number }).port;
  });
  await waitFor(() => port !== 0, { timeout: 30_000, what: "the other gateway's start" });
  return { port, [Symbol.asyncDispose]: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.disconnect();
  return gone;
}

/** A route that is answered without an upstream, and limited. */
export function limitedDocument(config: object): object {
  return {
    _format_version: "3.0",
    routes: [{ id: "5a0d2c4e-9d8e-4c25-8f1b-1f0c52a8d1e7", name: "limited", paths: ["/"] }],
    plugins: [
      { name: "request-termination", config: { status_code: 200, message: "passed" } },
      { name: "rate-limiting", route: "limited", config },
    ],
  };
}

/** What came of many requests. */
export interface Tally {
  /** By status. */
  readonly statuses: Readonly<Record<number, number>>;
}

/**
 * Sends requests to several gateways, some of them at once.
 *
 * @param each - called after each answer, with how many there are so far
 */
export async function flood(
  ports: readonly number[],
  count: number,
  concurrency: number,
  each: (done: number) => void = () => undefined,
): Promise<Tally> {
  const statuses: Record<number, number> = {};
  let sent = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (sent < count) {
      const port = ports[sent % ports.length] as number;
      sent += 1;
      const response = await fetch(`http://127.0.0.1:${port}/`);
      await response.arrayBuffer();
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
      done += 1;
      each(done);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { statuses };
}
