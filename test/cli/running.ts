import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { waitFor } from "../support/wait-for.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A `postern` command that runs. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  output = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const options = { cwd: root, env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...env } };
    this.#child = spawn(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], options);
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

  async exitCode(): Promise<unknown> {
    return (await this.#exited)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}
