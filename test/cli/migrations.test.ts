import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { run } from "../../src/cli/run.js";
import { describePostgres, type PostgresServer, startPostgres } from "../support/postgres.js";

async function postern(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("postern migrations", () => {
  it.each([
    [[], "expected a command"],
    [["nonsense"], "No such command for migrations: nonsense"],
    [["up", "finish"], "one command only, not also 'finish'"],
    [["up", "--lock-timeout", "x"], "--lock-timeout: 'x' is not a number of seconds"],
    [["up", "--pg-port", "x"], "option 'pgPort': 'x' is not a whole number"],
    [["reset"], "reset removes all tables with everything in them; say --yes if that is what you want"],
    [["list", "--pg-port", "1"], "PostgreSQL at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1"],
  ])("refuses %j", async (args, text) => {
    const { code, out, err } = await postern("migrations", ...args);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(`Error: ${text}`);
  });
});

describePostgres("postern migrations, with a server", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  test("bootstrap, list, up, finish, reset", async () => {
    const { pgPort, pgDatabase } = await server.database();
    vi.stubEnv("KONG_PG_PORT", "1");
    vi.stubEnv("KONG_PG_DATABASE", pgDatabase);
    const migrations = (...args: string[]) => postern("migrations", ...args, "--pg-port", String(pgPort));
    expect(await migrations("list")).toMatchObject({ code: 3, out: expect.stringContaining("Database needs bootstrapping") });
    expect(await migrations("up")).toMatchObject({ code: 1, err: expect.stringContaining('run "postern migrations bootstrap"') });
    const made = await migrations("bootstrap");
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toMatch(/^made: core\n(made: \w+\n)*\d+ tables made$/);
    for (const name of ["services", "routes", "plugins", "keyauth_credentials"]) expect(made.out).toContain(`made: ${name}\n`);
    expect(await migrations("bootstrap")).toEqual({ code: 0, out: "Database already bootstrapped", err: "" });
    expect(await migrations("list")).toMatchObject({ code: 0, out: expect.stringContaining("Executed migrations: core") });
    expect(await migrations("up")).toEqual({ code: 0, out: "No migrations to run", err: "" });
    expect(await migrations("finish")).toEqual({ code: 0, out: "No pending migrations to finish", err: "" });
    expect((await migrations("reset", "--yes")).code).toBe(0);
    expect((await migrations("list")).code).toBe(3);
    expect(await migrations("reset", "-y")).toEqual({ code: 0, out: "Database not bootstrapped, nothing to reset", err: "" });
  });
});
