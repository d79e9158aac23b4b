import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A process of the benchmark ended before it had answered. */
export class ChildEndedError extends Error {
  override readonly name = "ChildEndedError";
}

/**
 * The next message of a forked process.
 *
 * @throws ChildEndedError when the process ends first
 */
export async function receive<T>(child: ChildProcess): Promise<T> {
  const ended = (): ChildEndedError => new ChildEndedError(`process ended with ${child.exitCode ?? child.signalCode}`);
  if (child.exitCode !== null || child.signalCode !== null) throw ended();
  const settled = new AbortController();
  try {
    return await Promise.race([
      once(child, "message", settled).then(([message]) => message as T),
      once(child, "exit", settled).then(() => Promise.reject(ended())),
    ]);
  } finally {
    settled.abort();
  }
}

/** Sends a message to a forked process and waits for its answer; one question at a time. */
export async function ask<T>(child: ChildProcess, question: unknown): Promise<T> {
  const answer = receive<T>(child);
  // A process that has ended breaks the channel; `receive` reports that better than the write would.
  child.send(question as string, () => {});
  return answer;
}
