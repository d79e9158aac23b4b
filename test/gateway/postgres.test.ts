import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createGateway, type GatewayOptions } from "postern";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startGateway } from "../../src/testing/index.js";
import { ask, describePostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { waitFor } from "../support/wait-for.js";
import type { ChildMessage } from "./postgres-child.js";

const nothing = (): void => undefined;

describePostgres('database: "postgres"', () => {
  let server: PostgresServer;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => server.stop());

  /** Options for gateways that share one database, which is migrated. */
  async function database() {
    const options = { database: "postgres", pgTimeout: 2000, ...(await server.database()) } as const satisfies GatewayOptions;
    const gateway = createGateway(options);
    await gateway.migrations.bootstrap();
    await gateway.close();
    return options;
  }

  async function start(options: GatewayOptions) {
    const log: string[] = [];
    const note = (message: string): void => void log.push(message);
    const running = await startGateway({ logger: { debug: nothing, info: nothing, warn: note, error: note }, ...options });
    closing.push(() => running.close());
    const status = async (path: string): Promise<number> => (await running.fetch(path)).status;
    return { ...running, db: running.gateway.db, status, log };
  }

  /** A route that answers by itself. */
  async function teapot({ db }: Awaited<ReturnType<typeof start>>, name: string) {
    const route = await db.routes.insert({ name, paths: [`/${name}`] });
    await db.plugins.insert({ name: "request-termination", route: { id: route.id }, config: { status_code: 418 } });
    return route;
  }

  test("what is written is in force at once, and for other gateways a moment later", async () => {
    const options = await database();
    const [one, two] = [await start(options), await start(options)];
    expect(await one.status("/a")).toBe(404);
    const route = await teapot(one, "a");
    expect(await one.status("/a")).toBe(418);
    await waitFor(async () => (await two.status("/a")) === 418);
    await two.db.routes.delete(route.id);
    expect(await two.status("/a")).toBe(404);
    await waitFor(async () => (await one.status("/a")) === 404);
    expect(await one.db.plugins.page()).toEqual({ data: [] });
  });

  test("a gateway finds what was there before it", async () => {
    const options = await database();
    await teapot(await start(options), "a");
    expect(await (await start(options)).status("/a")).toBe(418);
  });

  test("a document replaces all that is there, for everybody", async () => {
    const options = await database();
    const [one, two] = [await start(options), await start(options)];
    await teapot(one, "a");
    const routes = [{ name: "b", paths: ["/b"], plugins: [{ name: "request-termination", config: { status_code: 410 } }] }];
    await one.gateway.loadConfig({ _format_version: "3.0", routes });
    expect([await one.status("/a"), await one.status("/b")]).toEqual([404, 410]);
    await waitFor(async () => (await two.status("/b")) === 410);
    expect(await two.status("/a")).toBe(404);
    const twice = [
      { name: "x", paths: ["/x"] },
      { name: "x", paths: ["/y"] },
    ];
    await expect(one.gateway.loadConfig({ _format_version: "3.0", routes: twice })).rejects.toThrow();
    expect(await one.status("/b")).toBe(410);
  });

  test("changes that are made by hand, in SQL, count too", async () => {
    const options = await database();
    const one = await start(options);
    await teapot(one, "a");
    await ask(server.port, "UPDATE routes SET paths = '{/moved}'", options.pgDatabase);
    await waitFor(async () => (await one.status("/moved")) === 418);
    await ask(server.port, "TRUNCATE routes CASCADE", options.pgDatabase);
    await waitFor(async () => (await one.status("/moved")) === 404);
  });

  test("requests wait until the database is open; without its tables they are refused, and it is said why", async () => {
    const options = { database: "postgres", ...(await server.database()) } as const;
    const gateway = createGateway(options);
    closing.push(() => gateway.close());
    const { proxy } = await gateway.listen({ proxy: { port: 0, host: "127.0.0.1" } });
    const url = `http://127.0.0.1:${proxy?.port}/`;
    expect((await fetch(url)).status).toBe(503);
    await expect(gateway.ready()).rejects.toMatchObject({ code: "ERR_MIGRATIONS_NEEDED", command: "bootstrap" });
    await gateway.migrations.bootstrap();
    expect((await fetch(url)).status).toBe(404);
    await gateway.ready();
  });

  test("a server that is not there is said not to be, and can be waited for", async () => {
    const gateway = createGateway({
      database: "postgres",
      pgPort: 1,
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    });
    closing.push(() => gateway.close());
    await expect(gateway.ready()).rejects.toThrow(/PostgreSQL at 127\.0\.0\.1:1 cannot be reached: connect ECONNREFUSED/);
    await expect(gateway.ready()).rejects.toThrow(/cannot be reached/);
  });

  test("the Admin API shows the settings without the password, and writes to the database", async () => {
    const options = await database();
    const { gateway, db } = await start({ ...options, pgPassword: "secret" });
    const { admin } = await gateway.listen({ admin: 0 });
    const url = `http://127.0.0.1:${admin?.port}`;
    const { configuration } = (await (await fetch(url)).json()) as { configuration: Record<string, unknown> };
    const shown = { database: "postgres", pg_host: "127.0.0.1", pg_port: server.port, pg_database: options.pgDatabase };
    expect(configuration).toMatchObject({ ...shown, pg_user: "kong", pg_password: "******" });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"username":"ada"}' };
    expect((await fetch(`${url}/consumers`, init)).status).toBe(201);
    expect(await db.consumers.selectBy("username", "ada")).toBeDefined();
    expect((await fetch(`${url}/consumers`, init)).status).toBe(409);
  });

  test("options that cannot be are refused", () => {
    expect(() => createGateway({ database: "postgres", declarativeConfig: { _format_version: "3.0" } })).toThrow(
      /option 'declarativeConfig'/,
    );
    expect(() => createGateway({ database: "postgres", pgPort: 1.5 })).toThrow(
      "option 'pgPort': must be a whole number, 0 or more",
    );
    expect(() => createGateway().migrations).toThrow("there are migrations for 'postgres' only");
  });

  test("processes tell each other what has changed", async () => {
    const options = await database();
    const one = await start(options);
    const heard: { text: string; at: number }[] = [];
    one.gateway.on("crud", ({ entity, row }) => heard.push({ text: `${entity} ${String(row.username)}`, at: Date.now() }));
    const child = fork(fileURLToPath(new URL("postgres-child.ts", import.meta.url)), [JSON.stringify(options)], {
      execArgv: ["--import", "tsx"],
    });
    closing.push(() => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.disconnect();
      return gone;
    });
    const messages: ChildMessage[] = [];
    child.on("message", (message) => messages.push(message as ChildMessage));
    const opened = await waitFor(() => messages.find((message) => "port" in message), {
      timeout: 20_000,
      what: "the child's start",
    });
    const times: number[] = [];
    for (let index = 0; index < 20; index++) {
      await one.db.consumers.insert({ username: `u${index}` });
      const written = performance.timeOrigin + performance.now();
      const crud = await waitFor(() =>
        messages.find((message) => "crud" in message && message.crud === `create consumers u${index}`),
      );
      times.push((crud as { at: number }).at - written);
    }
    times.sort((a, b) => a - b);
    console.log(
      `another process knew ${times[10]?.toFixed(1)} ms after the write's promise had resolved (median of 20; most: ${times[19]?.toFixed(1)} ms)`,
    );
    await teapot(one, "a");
    await waitFor(async () => (await fetch(`http://127.0.0.1:${opened.port}/a`)).status === 418);
    child.send("from-the-child");
    await waitFor(() => heard.find(({ text }) => text === "consumers from-the-child"));
    // Each change once, and none of one's own twice.
    const told = () => messages.filter((message) => "crud" in message && message.crud.startsWith("create consumers"));
    // The database may tell of the child's write before the child does.
    await waitFor(() => told().length >= 21);
    expect(told()).toHaveLength(21);
    expect(heard).toHaveLength(23);
  }, 40_000);

  test("a crash of the server in mid-load loses nothing that was acknowledged, and traffic does not feel it", async () => {
    const options = await database();
    const [one, two] = [await start(options), await start(options)];
    await teapot(one, "a");
    await waitFor(async () => (await two.status("/a")) === 418);
    const present = new Set<string>();
    const gone = new Set<string>();
    const unknown = new Set<string>();
    let writing = true;
    const writer = async (number: number): Promise<void> => {
      for (let index = 0; writing; index++) {
        const name = `upstream-${number}-${index}`;
        try {
          const upstream = await one.db.upstreams.insert({ name });
          present.add(name);
          for (let target = 1; target <= 3; target++) {
            await one.db.targets.insert({ upstream: { id: upstream.id }, target: `10.0.0.${target}:80` });
          }
          if (index % 2 === 0) {
            present.delete(name);
            unknown.add(name);
            await one.db.upstreams.delete(upstream.id);
            unknown.delete(name);
            gone.add(name);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 8 });
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    };
    const writers = [1, 2, 3, 4].map(writer);
    for (let crash = 0; crash < 2; crash++) {
      const before = present.size + gone.size;
      await waitFor(() => present.size + gone.size > before + 40, { timeout: 20_000 });
      await server.kill();
      for (let index = 0; index < 20; index++) expect([await one.status("/a"), await two.status("/a")]).toEqual([418, 418]);
      await waitFor(() => one.log.some((message) => message.includes("served from memory")));
      await server.start();
    }
    const after = present.size;
    await waitFor(() => present.size > after + 10, { timeout: 20_000 });
    writing = false;
    await Promise.all(writers);
    await teapot(one, "after");
    const names = await ask(server.port, "SELECT name FROM upstreams", options.pgDatabase);
    const stored = new Set(names.map(({ name }) => name as string));
    expect([...present].filter((name) => !stored.has(name))).toEqual([]);
    expect([...gone].filter((name) => stored.has(name))).toEqual([]);
    // A deletion of which nobody knows whether it took place did so as a whole, or not at all.
    const halves =
      "SELECT u.name, count(t.id)::int AS n FROM upstreams u LEFT JOIN targets t ON t.upstream_id = u.id GROUP BY u.name";
    for (const { name, n } of await ask(server.port, halves, options.pgDatabase))
      if (unknown.has(name as string)) expect(n).toBe(3);
    console.log(
      `${present.size} records were acknowledged and are there, ${gone.size} deletions too, ${unknown.size} were cut off`,
    );
    // Both gateways catch up, also with what nobody acknowledged.
    await waitFor(async () => (await two.status("/after")) === 418, { timeout: 10_000 });
    const inForce = (running: typeof one) =>
      [...stored].filter((name) => running.gateway.targetHealth(name) !== undefined).length;
    await waitFor(() => inForce(two) === stored.size && inForce(one) === stored.size, { timeout: 10_000 });
    expect(two.log.some((message) => message.includes("is back"))).toBe(true);
  }, 60_000);
});
