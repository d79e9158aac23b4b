import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { md5 } from "../../util/md5.js";
import { readRegularFileSync } from "../../util/regular-file.js";
import { FileWatch } from "../../util/watch-file.js";
import type { Io } from "../io.js";
import { reportError } from "../report.js";
import { urlOf } from "./addresses.js";
import { type AdminCall, AdminRelay, askWorker } from "./admin-relay.js";
import { workerVariables } from "./messages.js";
import { keepPidFile } from "./pid-file.js";
import type { StartSettings } from "./settings.js";
import { untilStopped } from "./stop-signals.js";
import { WorkerSlot } from "./worker-slot.js";

/** As the library's defaults for the option `watch`. */
const watchTimes = { settleMs: 100, pollMs: 2000 } as const;

/** Runs several worker processes that serve the same addresses, until a signal ends them all. */
export function runPrimary(settings: StartSettings, io: Io): Promise<number> {
  return new Primary(settings, io).run();
}

class Primary {
  readonly #settings: StartSettings;
  readonly #io: Io;
  readonly #slots: readonly WorkerSlot[];
  readonly #folder = mkdtempSync(join(tmpdir(), "postern-"));
  readonly #relay: AdminRelay | undefined;
  /** Of the file, as it is before any worker reads it. */
  readonly #hash: string | undefined;
  #watch: FileWatch | undefined;
  /** The request that has brought the configuration in force, when it does not come from the file. */
  #configured: AdminCall | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #generation = 0;
  #isStopping = false;
  #started: { resolve(proxy: AddressInfo): void; reject(error: Error): void } | undefined;

  constructor(settings: StartSettings, io: Io) {
    this.#settings = settings;
    this.#hash = settings.watch ? hashOf(settings.file) : undefined;
    this.#io = io;
    this.#slots = Array.from({ length: settings.workers }, (_, index) => {
      const env = {
        [workerVariables.socket]: settings.admin ? this.#socketOf(index) : "",
        [workerVariables.speaks]: index === 0 ? "1" : "0",
      };
      return new WorkerSlot(env, {
        generation: () => this.#generation,
        loaded: (slot) => this.#bringUp(slot, index),
        serving: (slot, { proxy }) => this.#serving(slot, proxy),
        ended: (slot, how) => this.#ended(slot, how),
      });
    });
    if (settings.admin) {
      const workers = {
        sockets: () => this.#slots.flatMap((slot, index) => (slot.isServing ? [this.#socketOf(index)] : [])),
        exclusively: <T>(run: () => Promise<T>) => this.#exclusively(run),
        configured: (call: AdminCall) => {
          this.#configured = call;
        },
      };
      this.#relay = new AdminRelay(workers, {
        isShared: settings.options.database === "postgres",
        maxBodyBytes: settings.options.admin?.maxBodyBytes ?? 10 * 2 ** 20,
      });
    }
  }

  async run(): Promise<number> {
    const stopped = untilStopped(
      () => {
        this.#io.out("stopping");
        return this.#stop();
      },
      () => this.#kill(),
    );
    process.on("SIGHUP", () => void this.#reload());
    try {
      // The first one alone: what keeps it from starting would keep the others too, and is told once.
      const ready = this.#allServing();
      this.#slots[0]?.start();
      const proxy = await ready;
      const admin = await this.#openAdmin();
      keepPidFile(this.#settings.pidFile);
      this.#io.out(`proxy listens on ${urlOf(proxy)}`);
      if (admin) this.#io.out(`Admin API listens on ${urlOf(admin)}`);
    } catch (error) {
      if (this.#isStopping) return stopped;
      await this.#stop();
      if (error !== workerFailed) reportError(error, this.#io);
      return 1;
    }
    const { file, watch } = this.#settings;
    if (watch && file !== undefined) {
      const unreadable = (error: Error): void => this.#io.err(`${file} is not loaded: ${error.message}`);
      this.#watch = new FileWatch(file, { ...watchTimes, changed: () => this.#reload(), unreadable }, this.#hash);
    }
    return stopped;
  }

  #allServing(): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
    });
  }

  /** A worker has the configuration of the file. What has come by the Admin API since is what it has to have, too. */
  #bringUp(slot: WorkerSlot, index: number): void {
    // It could not hear before that all are to end.
    if (this.#isStopping) return void slot.stop();
    void this.#exclusively(async () => {
      try {
        // It may have read the file just before the others were told to read it again.
        if (slot.generation !== this.#generation) await slot.reload();
        if (this.#configured) await askWorker(this.#socketOf(index), this.#configured);
      } catch {
        // It has crashed meanwhile, and its successor is brought up in turn.
      }
      slot.serve();
    });
  }

  #serving(slot: WorkerSlot, proxy: AddressInfo): void {
    this.#io.out(`worker ${slot.pid} serves`);
    if (!this.#started) return;
    const idle = this.#slots.filter(({ isAlive }) => !isAlive);
    for (const other of idle) other.start();
    if (!this.#slots.every(({ isServing }) => isServing)) return;
    this.#started.resolve(proxy);
    this.#started = undefined;
  }

  #ended(slot: WorkerSlot, how: string): void {
    if (this.#isStopping) return;
    if (this.#started) {
      this.#started.reject(workerFailed);
      this.#started = undefined;
      return;
    }
    const delay = slot.restart();
    this.#io.err(`a worker has ended by ${how}; another one starts in ${delay} ms`);
  }

  async #openAdmin(): Promise<AddressInfo | undefined> {
    const { admin } = this.#settings;
    if (!this.#relay || !admin) return undefined;
    const { server } = this.#relay;
    server.listen(admin.port, admin.host);
    await once(server, "listening");
    return server.address() as AddressInfo;
  }

  async #reload(): Promise<void> {
    if (this.#settings.file === undefined) {
      this.#io.err("there is no configuration file to read again");
      return;
    }
    this.#generation++;
    const outcomes = await this.#exclusively(() => Promise.all(this.#slots.map((slot) => slot.reload())));
    // While they start, each of them reads the file as soon as it can.
    if (outcomes.includes("refused") || outcomes.every((outcome) => outcome === undefined)) return;
    this.#configured = undefined;
    this.#io.out(outcomes.includes("changed") ? "configuration loaded" : "configuration unchanged");
  }

  async #stop(): Promise<number> {
    this.#isStopping = true;
    this.#started?.reject(workerFailed);
    this.#watch?.close();
    this.#relay?.server.close();
    this.#relay?.server.closeIdleConnections();
    await Promise.all(this.#slots.map((slot) => slot.stop()));
    this.#relay?.server.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
    return 0;
  }

  #kill(): void {
    for (const slot of this.#slots) slot.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #exclusively<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Folders of temporary files have room for their owner only, and named pipes of Windows have no folder. */
  #socketOf(index: number): string {
    return process.platform === "win32" ? `\\\\.\\pipe\\postern-${process.pid}-${index}` : join(this.#folder, `${index}.sock`);
  }
}

/** @returns `undefined` for a file that cannot be read, which is for the workers to say */
function hashOf(file: string | undefined): string | undefined {
  try {
    return file === undefined ? undefined : md5(readRegularFileSync(file));
  } catch {
    return undefined;
  }
}

/** What went wrong has been told by the worker itself. */
const workerFailed = new Error("a worker could not start");
