import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { RedisTopology } from "../../../src/pdk/redis/config.js";
import { RedisConnections } from "../../../src/pdk/redis/connections.js";
import { keptLog } from "../../gateway/support.js";
import { rawServer } from "../../support/raw-server.js";
import { describeRedis, freePort, type RedisServer, startRedis } from "../../support/redis.js";
import { selfSigned } from "../../support/self-signed.js";
import { waitFor } from "../../support/wait-for.js";

const open: RedisConnections[] = [];
afterEach(() => {
  for (const connections of open.splice(0)) connections.close();
});

function connections(topologies: Readonly<Record<string, RedisTopology>> = {}) {
  const log = keptLog();
  const made = new RedisConnections(topologies, log);
  open.push(made);
  return Object.assign(made, { log });
}

const clients = async (server: RedisServer): Promise<number> =>
  String(await server.ask("CLIENT", "LIST"))
    .trim()
    .split("\n").length - 1;

describeRedis("a single server", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it("answers commands, pipelines and scripts", async () => {
    const redis = connections().connect(server.config());
    expect(await redis.call("SET", "a", "1")).toBe("OK");
    expect(
      await redis.pipeline([
        ["INCRBY", "a", 2],
        ["GET", "a"],
        ["GET", "b"],
      ]),
    ).toEqual([3, "3", null]);
    const script = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
    await server.ask("SCRIPT", "FLUSH");
    expect(await redis.eval(script, ["a"], [4])).toBe(7);
    expect(await redis.eval(script, ["a"], [4])).toBe(11);
  });

  it("rejects with the server's own errors, and goes on", async () => {
    const redis = connections().connect(server.config());
    await redis.call("SET", "text", "x");
    await expect(redis.call("INCR", "text")).rejects.toThrow("not an integer");
    await expect(
      redis.pipeline([
        ["GET", "text"],
        ["INCR", "text"],
      ]),
    ).rejects.toThrow("not an integer");
    await expect(redis.eval("return redis.call('NOSUCH')", [], [])).rejects.toThrow();
    expect(await redis.call("GET", "text")).toBe("x");
  });

  it("has one connection for equal configurations, and others for other ones", async () => {
    const redis = connections();
    const first = redis.connect(server.config());
    expect(redis.connect(server.config())).toBe(first);
    const before = await clients(server);
    await Promise.all(Array.from({ length: 10 }, () => redis.connect(server.config()).call("PING")));
    expect(await clients(server)).toBe(before + 1);
    await redis.connect(server.config({ database: 3 })).call("SET", "only in", "3");
    expect(await clients(server)).toBe(before + 2);
    expect(await first.call("GET", "only in")).toBeNull();
    redis.close();
    await waitFor(async () => (await clients(server)) === before);
  });

  it("fails commands after closing, and those under way", async () => {
    const redis = connections();
    const connection = redis.connect(server.config());
    await connection.call("PING");
    const waiting = connection.call("BLPOP", "nothing", 0);
    const failed = expect(waiting).rejects.toThrow();
    redis.close();
    await failed;
    await expect(connection.call("PING")).rejects.toThrow("is closed");
    await expect(redis.connect(server.config()).call("PING")).rejects.toThrow("is closed");
  });
});

describeRedis("a server that goes away", () => {
  it("fails commands at once, without waiting for it, and serves again when it is back", async () => {
    const server = await startRedis();
    try {
      const redis = connections();
      const connection = redis.connect(server.config());
      await connection.call("SET", "a", "1");
      const under = connection.call("BLPOP", "nothing", 0);
      const failed = expect(under).rejects.toThrow();
      await server.kill();
      await failed;
      const away = `redis 127.0.0.1:${server.port} cannot be reached: connect ECONNREFUSED`;
      for (let i = 0; i < 50; i += 1) await expect(connection.call("GET", "a")).rejects.toThrow(away);
      expect(redis.log.warnings).toHaveLength(1);
      await server.start();
      await waitFor(() => connection.call("SET", "a", "2"));
      expect(await connection.call("GET", "a")).toBe("2");
    } finally {
      await server.stop();
    }
  });

  it("is given up when it does not answer in time, and tried again behind those who ask", async () => {
    const server = await startRedis();
    try {
      const connection = connections().connect(server.config({ timeout: 100 }));
      await connection.call("PING");
      server.freeze();
      const started = await Promise.allSettled([connection.call("GET", "a"), connection.call("GET", "b")]);
      expect(started.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      await expect(connection.call("GET", "a")).rejects.toThrow("cannot be reached");
      server.thaw();
      expect(await waitFor(() => connection.call("PING"))).toBe("PONG");
    } finally {
      server.thaw();
      await server.stop();
    }
  });

  it("that takes connections and says nothing is no reason to wait longer than the timeout, and then not at all", async () => {
    const silent = await rawServer({});
    try {
      const config = { host: "127.0.0.1", port: silent.port, timeout: 50, username: null, password: null, database: 0 };
      const connection = connections().connect({ ...config, ssl: false, ssl_verify: false, server_name: null });
      await expect(connection.call("PING")).rejects.toThrow("cannot be reached");
      await expect(connection.call("PING")).rejects.toThrow("cannot be reached");
      expect(silent.connections).toHaveLength(1);
    } finally {
      await silent.close();
    }
  });
});

describeRedis("who may", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({
      lines: ["requirepass secret", "user counter on >pass ~* +@all -info", "user reader on >pass ~* +get +info +ping"],
    });
  });
  afterAll(() => server.stop());

  it.each([
    ["a password", { password: "secret" }],
    ["a user who may not ask for the server's state", { username: "counter", password: "pass" }],
  ])("%s", async (_what, changes) => {
    expect(await connections().connect(server.config(changes)).call("SET", "x", 1)).toBe("OK");
  });

  it.each([
    ["no password", {}, "NOAUTH"],
    ["an empty password, which is not sent", { username: "counter", password: "" }, "NOAUTH"],
    ["a user without a password, who is not sent either", { username: "counter" }, "NOAUTH"],
    ["a wrong password", { password: "wrong" }, "WRONGPASS"],
    ["an unknown user", { username: "nobody", password: "pass" }, "WRONGPASS"],
    ["a user who may only read", { username: "reader", password: "pass" }, "NOPERM"],
  ])("not %s", async (_what, changes, text) => {
    const redis = connections().connect(server.config(changes));
    await expect(redis.call("SET", "x", 1)).rejects.toThrow(text);
    await expect(redis.call("SET", "x", 1)).rejects.toThrow(text);
  });
});

describeRedis("TLS", () => {
  let tls: RedisServer;
  beforeAll(async () => {
    tls = await startRedis({ tls: true });
  });
  afterAll(() => tls.stop());

  it("is spoken, unverified unless asked for", async () => {
    expect(await connections().connect(tls.config()).call("PING")).toBe("PONG");
    const verified = connections().connect(tls.config({ ssl_verify: true }));
    await expect(verified.call("PING")).rejects.toThrow("self-signed certificate");
    const plain = connections().connect(tls.config({ ssl: false }));
    await expect(plain.call("PING")).rejects.toThrow("cannot be reached");
  });

  it("asks for the server name of the configuration", async () => {
    const names: unknown[] = [];
    const server = createServer(selfSigned, (socket) => {
      names.push((socket as { servername?: unknown }).servername);
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const config = tls.config({ ssl: true, host: "localhost", port: (server.address() as AddressInfo).port });
      await expect(
        connections()
          .connect({ ...config, server_name: "upstream.test" })
          .call("PING"),
      ).rejects.toThrow();
      await expect(connections().connect(config).call("PING")).rejects.toThrow();
      expect(names).toEqual(["upstream.test", "localhost"]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describeRedis("a master behind sentinels", () => {
  it("is found by its name, and so is its successor", async () => {
    const first = await startRedis();
    const second = await startRedis({ lines: [`replicaof 127.0.0.1 ${first.port}`] });
    const sentinel = await startRedis({
      isSentinel: true,
      lines: [
        `sentinel monitor main 127.0.0.1 ${first.port} 1`,
        "sentinel down-after-milliseconds main 60000",
        "sentinel failover-timeout main 1000",
      ],
    });
    try {
      const sentinels = [
        { host: "127.0.0.1", port: await freePort() },
        { host: "127.0.0.1", port: sentinel.port },
      ];
      const redis = connections({ counters: { sentinels, master: "main" } });
      const connection = redis.connect(first.config({ host: "counters" }));
      const port = async () => String(await connection.call("INFO", "server")).match(/tcp_port:(\d+)/)?.[1];
      expect(await port()).toBe(String(first.port));
      await waitFor(() => sentinel.ask("SENTINEL", "FAILOVER", "main"), { timeout: 20_000 });
      await waitFor(async () => String(await second.ask("ROLE")).startsWith("master"), { timeout: 20_000 });
      await first.kill();
      await waitFor(async () => (await port()) === String(second.port), { timeout: 20_000 });
      expect(await connection.call("SET", "a", "1")).toBe("OK");

      const unknown = connections({ counters: { sentinels, master: "other" } });
      await expect(unknown.connect(first.config({ host: "counters" })).call("PING")).rejects.toThrow("cannot be reached");
    } finally {
      await Promise.all([first.stop(), second.stop(), sentinel.stop()]);
    }
  });
});

describeRedis("a cluster", () => {
  it("gets each command where its key is", async () => {
    const lines = ["cluster-enabled yes", "cluster-config-file nodes.conf"];
    const servers = await Promise.all([startRedis({ lines }), startRedis({ lines })]);
    const [a, b] = servers as [RedisServer, RedisServer];
    try {
      await a.ask("CLUSTER", "ADDSLOTSRANGE", "0", "8191");
      await b.ask("CLUSTER", "ADDSLOTSRANGE", "8192", "16383");
      await a.ask("CLUSTER", "MEET", "127.0.0.1", String(b.port));
      for (const server of servers) {
        await waitFor(async () => String(await server.ask("CLUSTER", "INFO")).includes("cluster_state:ok"), { timeout: 20_000 });
      }
      const redis = connections({ counters: { cluster: [{ host: "127.0.0.1", port: a.port }] } });
      const connection = redis.connect(a.config({ host: "counters" }));
      const keys = Array.from({ length: 20 }, (_, i) => `key:${i}`);
      expect(await connection.pipeline(keys.map((key) => ["INCR", key] as const))).toEqual(keys.map(() => 1));
      expect(await connection.eval("return redis.call('INCR', KEYS[1])", ["key:0"], [])).toBe(2);
      const sizes = await Promise.all(servers.map(async (server) => Number(await server.ask("DBSIZE"))));
      expect(sizes.every((size) => size > 0)).toBe(true);
      await Promise.all(servers.map((server) => server.kill()));
      await expect(connection.call("INCR", "key:1")).rejects.toThrow();
      await waitFor(() =>
        connection.call("INCR", "key:1").then(
          () => false,
          (error: Error) => error.message.includes("cannot be reached"),
        ),
      );
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
});
