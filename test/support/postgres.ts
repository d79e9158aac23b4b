import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, chownSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { describe, expect, test, vi } from "vitest";
import type { PostgresOptions } from "../../src/store/strategies/postgres/settings.js";
import { findPostgres, type PostgresBinaries, serverFolder } from "./postgres-binaries.js";
import { waitFor } from "./wait-for.js";

const run = promisify(execFile);
const required = (process.env.REQUIRE_SERVICES ?? "").split(",").some((name) => ["1", "postgres"].includes(name.trim()));
const binaries = findPostgres();

/** A PostgreSQL server of a test's own. Everything in it is gone when it stops. */
export interface PostgresServer {
  readonly port: number;
  /** Makes an empty database, and tells how to reach it. */
  database(): Promise<Required<Pick<PostgresOptions, "pgHost" | "pgPort" | "pgUser" | "pgDatabase">>>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again, with what it had stored. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Tests that need PostgreSQL. Where there is none they are skipped, under a name that says so; where `REQUIRE_SERVICES` asks for it
 * (`postgres`, or `1` for all services) that is an error.
 */
export function describePostgres(name: string, body: () => void): void {
  if (binaries !== undefined) {
    // A server is started while other tests keep the machine busy.
    vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });
    describe(name, body);
  } else if (required) {
    describe(name, () => test("needs PostgreSQL", () => expect.fail("REQUIRE_SERVICES asks for PostgreSQL, and none was found")));
  } else {
    describe.skip(`${name} (skipped: no PostgreSQL was found)`, body);
  }
}

/** What {@link startPostgres} takes. */
export interface PostgresServerOptions {
  /** Speaks TLS with this certificate (PEM). */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** With `tls`: connections without TLS, or without a certificate of ours, are refused on all databases but `postgres`. */
  readonly clientCertificates?: boolean;
}

/** Makes a server and starts it on a free port of 127.0.0.1. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  if (binaries === undefined) throw new Error("no PostgreSQL was found");
  const { initdb, user } = binaries;
  const folder = serverFolder(user);
  const data = join(folder, "data");
  await run(initdb, ["-D", data, "-U", "kong", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], { ...user, cwd: folder });
  if (options.tls) writeTls(data, options.tls, options.clientCertificates === true, user);
  const port = await freePort();
  const settings = options.tls ? ["ssl=on", "ssl_ca_file=server.crt"] : [];
  let child = await startProcess(binaries, folder, port, settings);
  let databases = 0;
  const end = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  process.once("exit", end);
  return {
    port,
    database: async () => {
      databases += 1;
      const pgDatabase = `test_${databases}`;
      await ask(port, `CREATE DATABASE ${pgDatabase}`);
      return { pgHost: "127.0.0.1", pgPort: port, pgUser: "kong", pgDatabase };
    },
    kill: async () => {
      const gone = ended(child);
      child.kill("SIGKILL");
      await gone;
    },
    start: async () => {
      child = await startProcess(binaries, folder, port, settings);
    },
    stop: async () => {
      process.off("exit", end);
      const gone = ended(child);
      child.kill("SIGINT");
      await gone;
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

/** The server reads its key only where nobody else could. */
function writeTls(
  data: string,
  { cert, key }: { readonly cert: string; readonly key: string },
  clientCertificates: boolean,
  user: PostgresBinaries["user"],
): void {
  writeFileSync(join(data, "server.crt"), cert);
  writeFileSync(join(data, "server.key"), key);
  if (clientCertificates) {
    const rule = "hostssl all all 127.0.0.1/32 trust clientcert=verify-ca";
    writeFileSync(join(data, "pg_hba.conf"), `host postgres all 127.0.0.1/32 trust\n${rule}\n`);
  }
  for (const name of ["server.crt", "server.key", "pg_hba.conf"]) {
    chmodSync(join(data, name), 0o600);
    if (user) chownSync(join(data, name), user.uid, user.gid);
  }
}

async function startProcess(
  { postgres, user }: PostgresBinaries,
  folder: string,
  port: number,
  more: readonly string[],
): Promise<ChildProcess> {
  // Nothing here survives a crash of the machine, so nothing is forced to the disk; a kill of the server loses nothing by that.
  const settings = [
    "fsync=off",
    "full_page_writes=off",
    "max_connections=60",
    "shared_buffers=32MB",
    "listen_addresses=127.0.0.1",
    ...more,
  ];
  const args = ["-D", join(folder, "data"), "-k", folder, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  return waitFor(
    async () => {
      const child = spawn(postgres, args, { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
      let log = "";
      child.stderr.on("data", (chunk) => {
        log = `${log}${chunk}`.slice(-4000);
      });
      // After a kill, the processes of the server before may need a moment to notice: until then, starting fails.
      const failed = ended(child).then(() => Promise.reject(new Error(`PostgreSQL did not start: ${log}`)));
      const answers = waitFor(() => ask(port, "SELECT 1").then(() => true), {
        timeout: 20_000,
        interval: 20,
        what: "PostgreSQL's answer",
      });
      await Promise.race([failed, answers]);
      failed.catch(() => undefined);
      return child;
    },
    { timeout: 30_000, interval: 50, what: "the start of PostgreSQL" },
  );
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

/** Runs one statement on a connection of its own. */
export async function ask(port: number, text: string, database = "postgres"): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ host: "127.0.0.1", port, user: "kong", database });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
