import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { describe, expect, test, vi } from "vitest";
import type { RedisConfig } from "../../src/pdk/redis/config.js";
import { selfSigned } from "./self-signed.js";
import { waitFor } from "./wait-for.js";

const required = (process.env.REQUIRE_SERVICES ?? "").split(",").some((name) => ["1", "redis"].includes(name.trim()));
const program = findRedis();

/** A Redis server of a test's own. Everything in it is gone when it stops. */
export interface RedisServer {
  readonly port: number;
  /** Kong's record `redis` for it. */
  config(changes?: Partial<RedisConfig>): RedisConfig;
  /** Runs a command on a connection of its own. */
  ask(command: string, ...args: string[]): Promise<unknown>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Makes it deaf, with its connections open, until {@link thaw}. */
  freeze(): void;
  thaw(): void;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** How a server differs from the plain one. */
export interface RedisSettings {
  /** Speaks TLS, with the self-signed certificate. */
  readonly tls?: boolean;
  /** Lines of its configuration. */
  readonly lines?: readonly string[];
  /** Watches others in place of keeping data. */
  readonly isSentinel?: boolean;
}

/**
 * Tests that need Redis. Where there is none they are skipped, under a name that says so; where `REQUIRE_SERVICES` asks for it (`redis`,
 * or `1` for all services) that is an error.
 */
export function describeRedis(name: string, body: () => void): void {
  if (program !== undefined) {
    // A server is started while other tests keep the machine busy.
    vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });
    describe(name, body);
  } else if (required) {
    describe(name, () => test("needs Redis", () => expect.fail("REQUIRE_SERVICES asks for Redis, and none was found")));
  } else {
    describe.skip(`${name} (skipped: no redis-server was found)`, body);
  }
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startRedis(settings: RedisSettings = {}): Promise<RedisServer> {
  if (program === undefined) throw new Error("no redis-server was found");
  const folder = mkdtempSync(join(tmpdir(), "postern-redis-"));
  const port = await freePort();
  const config = (changes: Partial<RedisConfig> = {}): RedisConfig => ({
    host: "127.0.0.1",
    port,
    timeout: 2000,
    username: null,
    password: null,
    database: 0,
    ssl: settings.tls === true,
    ssl_verify: false,
    server_name: null,
    ...changes,
  });
  writeConfiguration(folder, port, settings);
  let child = await startProcess(program, folder, port, settings);
  const end = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", end);
  const kill = async (): Promise<void> => {
    const gone = ended(child);
    child.kill("SIGKILL");
    await gone;
  };
  return {
    port,
    config,
    ask: (command, ...args) => ask(port, settings, command, ...args),
    kill,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    start: async () => {
      child = await startProcess(program, folder, port, settings);
    },
    stop: async () => {
      process.off("exit", end);
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeConfiguration(folder: string, port: number, { tls, lines = [] }: RedisSettings): void {
  writeFileSync(join(folder, "cert.pem"), selfSigned.cert);
  writeFileSync(join(folder, "key.pem"), selfSigned.key);
  const listen = tls
    ? ["port 0", `tls-port ${port}`, `tls-cert-file ${folder}/cert.pem`, `tls-key-file ${folder}/key.pem`, "tls-auth-clients no"]
    : [`port ${port}`];
  const all = [...listen, "bind 127.0.0.1", `dir ${folder}`, "protected-mode no", ...lines];
  writeFileSync(join(folder, "redis.conf"), `${all.join("\n")}\n`);
}

async function startProcess(path: string, folder: string, port: number, settings: RedisSettings): Promise<ChildProcess> {
  const args = [join(folder, "redis.conf"), ...(settings.isSentinel ? ["--sentinel"] : ["--save", "", "--appendonly", "no"])];
  const child = spawn(path, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      log = `${log}${chunk}`.slice(-4000);
    });
  }
  const failed = ended(child).then(() => Promise.reject(new Error(`Redis did not start: ${log}`)));
  failed.catch(() => undefined);
  const answers = waitFor(() => ask(port, settings, "PING").then(() => true), { timeout: 20_000, interval: 20, what: "PONG" });
  await Promise.race([failed, answers]);
  return child;
}

async function ask(port: number, { tls, lines }: RedisSettings, command: string, ...args: string[]): Promise<unknown> {
  const password = lines?.find((line) => line.startsWith("requirepass "))?.slice(12);
  const client = new Redis({
    host: "127.0.0.1",
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: { rejectUnauthorized: false } } : {}),
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function findRedis(): string | undefined {
  const path = process.env.REDIS_SERVER ?? "redis-server";
  try {
    execFileSync(path, ["--version"], { stdio: "ignore" });
    return path;
  } catch {
    return undefined;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
