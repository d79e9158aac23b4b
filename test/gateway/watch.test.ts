import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, mkdtemp, open, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createGateway, type Gateway, type GatewayOptions, type LoadResult, OptionsError } from "postern";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { waitFor } from "../support/wait-for.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-watch-"));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const text = (name: string): string => `_format_version: "3.0"\nservices: [{ name: ${name}, host: a.test }]\n`;

/** A gateway that watches a file, and what it has told. */
class Watching implements AsyncDisposable {
  readonly loaded: LoadResult[] = [];
  readonly rejected: Error[] = [];
  readonly logged: string[] = [];
  readonly gateway: Gateway;

  constructor(file: string, { pollMs = 60_000, settleMs = 20 } = {}) {
    const error = (message: string): void => void this.logged.push(message);
    this.gateway = createGateway({
      declarativeConfig: file,
      watch: { settleMs, pollMs },
      logger: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error },
    });
    this.gateway
      .on("config:loaded", (result) => this.loaded.push(result))
      .on("config:rejected", (reason) => this.rejected.push(reason));
  }

  /** Waits until the service of this name is the only one. */
  async serves(name: string): Promise<void> {
    const names = async (): Promise<string[]> =>
      (await this.gateway.db.services.page(10)).data.map((service) => String(service.name));
    await waitFor(async () => (await names()).join() === name, { what: `service ${name}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close();
  }
}

async function watching(name = "gateway.yml"): Promise<{ file: string; watched: Watching }> {
  const file = join(folder, name);
  await writeFile(file, text("first"));
  return { file, watched: new Watching(file) };
}

describe("createGateway({ watch })", () => {
  it("loads a file that is written in place", async () => {
    const { file, watched } = await watching();
    await using _ = watched;
    await writeFile(file, text("second"));
    await watched.serves("second");
    expect(watched.loaded).toHaveLength(1);
    expect(watched.rejected).toEqual([]);
  });

  it("follows a new file that is renamed over the old one, again and again", async () => {
    const { file, watched } = await watching();
    await using _ = watched;
    for (const name of ["second", "third", "fourth"]) {
      await writeFile(join(folder, ".gateway.yml.swp"), text(name));
      await rename(join(folder, ".gateway.yml.swp"), file);
      await watched.serves(name);
    }
    expect(watched.loaded).toHaveLength(3);
  });

  it("follows an editor that moves the old file away and writes a new one", async () => {
    const file = join(folder, "gateway.yml");
    await writeFile(file, text("first"));
    await using watched = new Watching(file, { settleMs: 200 });
    await rename(file, `${file}~`);
    await writeFile(file, text("second"));
    await unlink(`${file}~`);
    await watched.serves("second");
    expect(watched.rejected).toEqual([]);
  });

  it("follows the swapped link of a Kubernetes ConfigMap", async () => {
    const publish = async (version: string, name: string): Promise<void> => {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, "gateway.yml"), text(name));
      await symlink(version, join(folder, "..data_tmp"));
      await rename(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    await publish("..2026_01", "first");
    await symlink("..data/gateway.yml", join(folder, "gateway.yml"));
    await using watched = new Watching(join(folder, "gateway.yml"));
    await publish("..2026_02", "second");
    await rm(join(folder, "..2026_01"), { recursive: true });
    await watched.serves("second");
    expect(watched.rejected).toEqual([]);
  });

  it("finds by itself what the system tells nothing of, as of a file that is mounted into a container", async () => {
    // Like such a mount, a second name makes changes that the watched folder gets no notice of.
    await mkdir(join(folder, "outside"));
    await mkdir(join(folder, "inside"));
    const outside = join(folder, "outside", "gateway.yml");
    const inside = join(folder, "inside", "gateway.yml");
    await writeFile(outside, text("first"));
    await link(outside, inside);
    await using watched = new Watching(inside, { pollMs: 25 });
    await writeFile(outside, text("second"));
    await watched.serves("second");
    expect(watched.rejected).toEqual([]);
  });

  it("waits for the end of a file that is written piece by piece", async () => {
    const file = join(folder, "gateway.yml");
    await writeFile(file, text("first"));
    await using watched = new Watching(file, { settleMs: 300 });
    const handle = await open(file, "w");
    const lines = Array.from({ length: 20 }, (_line, number) => `- { name: s${number}, host: a.test }\n`);
    await handle.write('_format_version: "3.0"\nservices:\n');
    // Each piece would be a whole document by itself.
    for (const line of lines) await handle.write(line);
    await handle.close();
    await waitFor(() => watched.loaded.at(-1)?.counts.services === 20);
    expect(watched.loaded).toHaveLength(1);
    expect(watched.rejected).toEqual([]);
  });

  it("keeps the old configuration when a new one is refused, and tries the next", async () => {
    const { file, watched } = await watching();
    await using _ = watched;
    await writeFile(file, `${text("second")}plugins: [{ name: no-such-plugin }]\n`);
    await waitFor(() => watched.rejected.length === 1);
    expect(watched.rejected[0]?.message).toContain("no-such-plugin");
    await watched.serves("first");
    await writeFile(file, text("third"));
    await watched.serves("third");
    expect(watched.rejected).toHaveLength(1);
  });

  it("takes neither an empty file nor none for a configuration", async () => {
    const { file, watched } = await watching();
    await using _ = watched;
    await writeFile(file, "");
    await waitFor(() => watched.rejected.length === 1);
    await unlink(file);
    await waitFor(() => watched.rejected.length === 2);
    expect(watched.rejected[1]?.message).toContain("ENOENT");
    await watched.serves("first");
    await writeFile(file, text("second"));
    await watched.serves("second");
  });

  it("waits for no pipe that takes the place of the file, and goes on with the next file", async () => {
    const { file, watched } = await watching();
    await using _ = watched;
    await promisify(execFile)("mkfifo", [`${file}.pipe`]);
    await rename(`${file}.pipe`, file);
    await waitFor(() => watched.rejected.length === 1);
    expect(watched.rejected[0]?.message).toContain(`'${file}' is a pipe, not a regular file`);
    await watched.serves("first");
    await writeFile(`${file}.new`, text("second"));
    await rename(`${file}.new`, file);
    await watched.serves("second");
    expect(watched.rejected).toHaveLength(1);
  });

  it("writes to the log what nobody listens to", async () => {
    const file = join(folder, "gateway.yml");
    await writeFile(file, text("first"));
    const error = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error };
    const gateway = createGateway({ declarativeConfig: file, watch: { settleMs: 20 }, logger });
    await writeFile(file, "services: 5\n");
    await waitFor(() => error.mock.calls.length === 1);
    expect(error.mock.calls[0]?.[0]).toMatch(/gateway\.yml is not loaded, the configuration before stays in force: /);
    await gateway.close();
  });

  it("does nothing when a file is written with what is in it already", async () => {
    const { file, watched } = await watching();
    await using _ = watched;
    await writeFile(file, text("first"));
    await writeFile(join(folder, "other.yml"), text("other"));
    await writeFile(file, text("second"));
    await watched.serves("second");
    await writeFile(file, text("second"));
    await writeFile(file, text("third"));
    await watched.serves("third");
    expect(watched.loaded.every(({ changed }) => changed)).toBe(true);
    expect(watched.loaded.length).toBeLessThanOrEqual(2);
  });

  it("watches a folder that is replaced by another one", async () => {
    await mkdir(join(folder, "conf"));
    const file = join(folder, "conf", "gateway.yml");
    await writeFile(file, text("first"));
    await using watched = new Watching(file, { pollMs: 25 });
    await rename(join(folder, "conf"), join(folder, "old"));
    await mkdir(join(folder, "conf"));
    await writeFile(file, text("second"));
    await watched.serves("second");
  });

  it("keeps no process alive", { timeout: 30_000 }, async () => {
    const file = join(folder, "gateway.yml");
    await writeFile(file, text("first"));
    const code = `import { createGateway } from "./src/index.ts"; createGateway({ declarativeConfig: ${JSON.stringify(file)}, watch: true });`;
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code], { cwd: root, stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("ends with the gateway", async () => {
    const { file, watched } = await watching();
    await watched.gateway.close();
    await writeFile(file, text("second"));
    await using other = new Watching(file);
    await writeFile(file, text("third"));
    await other.serves("third");
    expect([watched.loaded, watched.rejected, watched.logged]).toEqual([[], [], []]);
  });

  it.each([
    [{ watch: true }, "there is no file to watch"],
    [{ watch: true, declarativeConfigString: text("first") }, "there is no file to watch"],
    [{ watch: { pollMs: 0 }, declarativeConfig: "gateway.yml" }, "pollMs must be a number of milliseconds above 0"],
    [{ watch: { settleMs: Number.NaN }, declarativeConfig: "gateway.yml" }, "settleMs must be"],
    [{ watch: { setleMs: 5 }, declarativeConfig: "gateway.yml" }, "'setleMs' is no part of it: settleMs, pollMs are"],
    [{ watch: "yes", declarativeConfig: "gateway.yml" }, "must be true, false or an object"],
    [{ watch: null, declarativeConfig: "gateway.yml" }, "must be true, false or an object"],
  ])("refuses %j", async (options, message) => {
    const path = join(folder, "gateway.yml");
    await writeFile(path, text("first"));
    const given = ("declarativeConfig" in options ? { ...options, declarativeConfig: path } : options) as GatewayOptions;
    expect(() => createGateway(given)).toThrow(OptionsError);
    expect(() => createGateway(given)).toThrow(message);
  });
});
