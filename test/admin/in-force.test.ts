import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";
import { describePostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { type LiveGateway, live } from "./live.js";

/** Every kind of write, each looked at through the proxy by the very next request. */
async function everyWriteCounts(node: LiveGateway): Promise<void> {
  await using upstream = await echoUpstream();
  const status = async (path: string, headers = {}): Promise<number> => (await node.proxy(path, { headers })).status;
  const write = async (
    method: string,
    path: string,
    body: Record<string, unknown> | undefined,
    expected: number,
  ): Promise<void> => {
    const answer = await node.ask(method, path, body);
    expect(answer.status, answer.text).toBe(expected);
  };
  await write("POST", "/services", { name: "s", url: upstream.url }, 201);
  for (let round = 0; round < 20; round++) {
    expect(await status("/r")).toBe(404);
    await write("POST", "/services/s/routes", { name: "r", paths: ["/r"] }, 201);
    expect(await status("/r")).toBe(200);
    await write("PATCH", "/routes/r", { paths: ["/q"] }, 200);
    expect([await status("/r"), await status("/q")]).toEqual([404, 200]);
    await write("PUT", "/routes/r", { paths: ["/r"], service: { name: "s" } }, 200);
    expect([await status("/r"), await status("/q")]).toEqual([200, 404]);
    await write("POST", "/routes/r/plugins", { name: "key-auth", instance_name: "auth" }, 201);
    expect(await status("/r")).toBe(401);
    await write("PUT", "/consumers/ann", {}, 200);
    await write("POST", "/consumers/ann/key-auth", { key: "k" }, 201);
    expect(await status("/r", { apikey: "k" })).toBe(200);
    await write("DELETE", "/consumers/ann/key-auth/k", undefined, 204);
    expect(await status("/r", { apikey: "k" })).toBe(401);
    await write("DELETE", "/plugins/auth", undefined, 204);
    expect(await status("/r")).toBe(200);
    await write("DELETE", "/routes/r", undefined, 204);
  }
}

describe("a write is in force for the request after its answer", () => {
  it("in memory", async () => {
    await using node = await live({ database: "memory" });
    await everyWriteCounts(node);
  });

  it("and so is a configuration", async () => {
    await using upstream = await echoUpstream();
    await using node = await live();
    for (let round = 0; round < 10; round++) {
      const routes = [{ paths: [`/${round}`] }];
      const answer = await node.ask("POST", "/config", { _format_version: "3.0", services: [{ url: upstream.url, routes }] });
      expect(answer.status).toBe(201);
      expect((await node.proxy(`/${round}`)).status).toBe(200);
      expect((await node.proxy(`/${round - 1}`)).status).toBe(404);
    }
  });
});

describePostgres("the Admin API over PostgreSQL", () => {
  let server: PostgresServer;
  let node: LiveGateway;
  beforeAll(async () => {
    server = await startPostgres();
    node = await live({ database: "postgres", ...(await server.database()) });
    await node.gateway.migrations.bootstrap();
    await node.gateway.ready();
  });
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  it("has each write in force for the request after its answer", () => everyWriteCounts(node));

  it("lists, pages, filters and nests as in memory", async () => {
    for (let n = 0; n < 5; n++) {
      const tags = n % 2 === 0 ? ["even", "all"] : ["all"];
      expect((await node.ask("POST", "/consumers", { username: `u${n}`, custom_id: `c${n}`, tags })).status).toBe(201);
    }
    const first = (await node.ask("GET", "/consumers?tags=all&size=3")).body;
    expect([first.data.length, first.next]).toEqual([3, expect.stringMatching(/^\/consumers\?offset=[^&]+&tags=all&size=3$/)]);
    expect((await node.ask("GET", first.next)).body).toMatchObject({ data: [{}, {}], next: null });
    expect((await node.ask("GET", "/consumers?tags=even,all")).body.data).toHaveLength(3);
    expect((await node.ask("GET", "/consumers?custom_id=c3")).body.data).toMatchObject([{ username: "u3" }]);
    expect((await node.ask("GET", "/tags/even")).body.data).toHaveLength(3);
    expect(await node.ask("GET", "/consumers?offset=*")).toMatchObject({ status: 400, body: { code: 7 } });
    expect(await node.ask("POST", "/consumers", { username: "u1" })).toMatchObject({ status: 409, body: { code: 5 } });
    expect(await node.ask("POST", "/consumers/u1/acls", { group: "g" })).toMatchObject({ status: 201 });
    expect(await node.ask("GET", "/consumers/u1/acls/g")).toMatchObject({ status: 200, body: { group: "g" } });
    expect((await node.ask("DELETE", "/consumers/u1")).status).toBe(204);
  });

  it("says that the database is there, and keeps documents out", async () => {
    expect((await node.ask("GET", "/status")).body).toMatchObject({ database: { reachable: true } });
    expect((await node.askStatus("GET", "/status/ready")).status).toBe(200);
    expect(await node.ask("POST", "/config", { _format_version: "3.0" })).toMatchObject({ status: 400 });
    expect(await node.ask("PUT", "/debug/cluster/log-level/info")).toMatchObject({ status: 501 });
  });
});
