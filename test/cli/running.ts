import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { waitFor } from "../support/wait-for.js";
import type { Outcome } from "./postern.js";
import { program } from "./program.js";

/** A `postern` command that runs. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  output = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const options = { env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...env } };
    this.#child = spawn(process.execPath, [program, ...args], options);
    this.#exited = once(this.#child, "exit");
    const add = (text: Buffer): void => {
      this.output += text.toString();
    };
    this.#child.stdout?.on("data", add);
    this.#child.stderr?.on("data", add);
  }

  /** Waits until the output has this, and answers the first group of it. */
  async says(pattern: RegExp): Promise<string> {
    const match = await waitFor(() => pattern.exec(this.output), { timeout: 20_000, what: `${pattern} in: ${this.output}` });
    return match[1] ?? match[0];
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As `head -1` does. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  async exitCode(): Promise<unknown> {
    return (await this.#exited)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}

/** Runs a command as users do, in a process of its own. */
export function posternProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, FORCE_COLOR: undefined, ...env }, maxBuffer: 2 ** 26 };
    execFile(process.execPath, [program, ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}
