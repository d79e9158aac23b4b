import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startUpstream } from "../../src/testing/index.js";
import { waitFor } from "../support/wait-for.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-start-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** A `postern` command that runs. */
class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  output = "";

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], { cwd: root });
    this.#exited = once(this.#child, "exit");
    const add = (text: Buffer): void => {
      this.output += text.toString();
    };
    this.#child.stdout?.on("data", add);
    this.#child.stderr?.on("data", add);
  }

  /** Waits until the output has this, and answers the first group of it. */
  async says(pattern: RegExp): Promise<string> {
    const match = await waitFor(() => pattern.exec(this.output), { timeout: 9_000, what: `${pattern} in: ${this.output}` });
    return match[1] ?? match[0];
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

const ports = ["--proxy-port", "0", "--admin-port", "0"];
const text = (url: string, path: string): string =>
  JSON.stringify({ _format_version: "3.0", services: [{ name: "echo", url, routes: [{ paths: [path] }] }] });

describe("postern start", () => {
  it("serves a file, reads it again at SIGHUP, and ends at SIGTERM", { timeout: 30_000 }, async () => {
    await using upstream = await startUpstream();
    const file = join(folder, "gateway.json");
    await writeFile(file, text(upstream.url, "/one"));
    await using running = new Running("start", "--config", file, ...ports);
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    expect((await fetch(`${proxy}/one`)).status).toBe(200);

    await writeFile(file, text(upstream.url, "/two"));
    running.signal("SIGHUP");
    await running.says(/configuration loaded/);
    expect((await fetch(`${proxy}/one`)).status).toBe(404);

    await writeFile(file, text("http://bad host", "/three"));
    running.signal("SIGHUP");
    await running.says(/Error: Failed parsing/);
    expect((await fetch(`${proxy}/two`)).status).toBe(200);

    running.signal("SIGTERM");
    expect(await running.exitCode()).toBe(0);
    expect(running.output).toMatch(/stopping\n$/);
  });

  it("opens the Admin API", { timeout: 30_000 }, async () => {
    await using running = new Running("start", ...ports);
    const admin = await running.says(/Admin API listens on (\S+)\n/);
    expect(await (await fetch(`${admin}/services`)).json()).toEqual({ data: [], next: null });
    running.signal("SIGINT");
    expect(await running.exitCode()).toBe(0);
  });

  it("ends with 1 when it cannot start", { timeout: 30_000 }, async () => {
    await using upstream = await startUpstream();
    await using taken = new Running("start", "--proxy-port", String(upstream.port), "--admin-port", "0");
    await using missing = new Running("start", "--config", join(folder, "none.yml"), ...ports);
    expect(await taken.exitCode()).toBe(1);
    expect(await missing.exitCode()).toBe(1);
    await taken.says(/Error: .*EADDRINUSE/);
    await missing.says(/Error: option 'declarativeConfig': the file cannot be read/);
  });
});
