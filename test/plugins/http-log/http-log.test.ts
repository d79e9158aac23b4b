import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type PluginGateway, pluginGateway } from "../../support/plugin-gateway.js";
import { selfSigned } from "../../support/self-signed.js";
import { waitFor } from "../../support/wait-for.js";

interface Delivery {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A server that takes log entries, and remembers them. */
interface Sink {
  readonly port: number;
  readonly deliveries: Delivery[];
  /** Statuses of the next answers; 200 when there are none left. */
  readonly statuses: number[];
}

const servers: Server[] = [];
const log: string[] = [];
const note = (message: string): void => void log.push(message);
const logger = { debug() {}, info() {}, warn: note, error: note };

afterEach(async () => {
  log.length = 0;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

async function sink(tls?: { key: string; cert: string }): Promise<Sink> {
  const deliveries: Delivery[] = [];
  const statuses: number[] = [];
  const answer: Parameters<typeof createServer>[1] = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    deliveries.push({ method, url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(statuses.shift() ?? 200).end("noted");
  };
  const server = tls === undefined ? createServer(answer) : (createTlsServer(tls, answer) as unknown as Server);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { port: (server.address() as AddressInfo).port, deliveries, statuses };
}

function logging(http_endpoint: string, config: object = {}): Promise<PluginGateway> {
  return pluginGateway([{ name: "http-log", config: { http_endpoint, ...config } }], {}, { logger });
}

const delivered = (to: Sink, count: number): Promise<unknown> => waitFor(() => to.deliveries.length >= count);

async function refusalOf(config: object): Promise<unknown> {
  const refused = await pluginGateway([{ name: "http-log", config }]).catch((error: unknown) => error);
  const plugin = (refused as { fields?: { services?: [{ plugins?: [Record<string, unknown>] }] } }).fields?.services?.[0]
    ?.plugins?.[0];
  return plugin?.config ?? plugin?.["@entity"];
}

describe("http-log", () => {
  it("sends each entry as an object", async () => {
    const to = await sink();
    await using running = await logging(`http://127.0.0.1:${to.port}/log/in?a=1`);
    await running.gateway.fetch("/one");
    await delivered(to, 1);
    expect(to.deliveries[0]).toMatchObject({
      method: "POST",
      url: "/log/in",
      headers: { "content-type": "application/json", host: `127.0.0.1:${to.port}` },
      body: { request: { uri: "/one" }, response: { status: 200 }, service: { name: "echo" } },
    });
    expect(Number(to.deliveries[0]?.headers["content-length"])).toBeGreaterThan(100);
  });

  it("sends batches as lists", async () => {
    const to = await sink();
    const queue = { max_batch_size: 3, max_coalescing_delay: 3600 };
    await using running = await logging(`http://127.0.0.1:${to.port}/`, { queue });
    for (const path of ["/1", "/2", "/3", "/4"]) await running.gateway.fetch(path);
    await delivered(to, 1);
    const uris = (body: unknown): string[] => (body as { request: { uri: string } }[]).map(({ request }) => request.uri);
    expect(uris(to.deliveries[0]?.body)).toEqual(["/1", "/2", "/3"]);
    await running.gateway.close();
    expect(uris(to.deliveries[1]?.body)).toEqual(["/4"]);
  });

  it("knows the old names of the queue's parameters, and warns of them", async () => {
    const to = await sink();
    await using running = await logging(`http://127.0.0.1:${to.port}/`, { queue_size: 2, flush_timeout: 3600, retry_count: 3 });
    for (const path of ["/1", "/2"]) await running.gateway.fetch(path);
    await delivered(to, 1);
    expect(to.deliveries[0]?.body).toHaveLength(2);
    expect(log.filter((line) => line.includes("parameter"))).toHaveLength(3);
  });

  it("uses method, content type and headers of its configuration", async () => {
    const to = await sink();
    await using running = await logging(`http://127.0.0.1:${to.port}`, {
      method: "PUT",
      content_type: "application/json; charset=utf-8",
      headers: { "X-Token": "t", Authorization: "Bearer b" },
    });
    await running.gateway.fetch("/");
    await delivered(to, 1);
    expect(to.deliveries[0]).toMatchObject({
      method: "PUT",
      url: "/",
      headers: { "content-type": "application/json; charset=utf-8", "x-token": "t", authorization: "Bearer b" },
    });
  });

  it("authenticates with the user info of the endpoint, which no log line shows", async () => {
    const to = await sink();
    to.statuses.push(500);
    await using running = await logging(`http://bob:s3cret@127.0.0.1:${to.port}/`);
    await running.gateway.fetch("/");
    await delivered(to, 2);
    const authorization = `Basic ${Buffer.from("bob:s3cret").toString("base64")}`;
    expect(to.deliveries[1]?.headers.authorization).toBe(authorization);
    expect(log.length).toBeGreaterThan(0);
    expect(log.join("\n")).not.toContain("s3cret");
  });

  it("tries again until the server takes an entry, and says what it answered", async () => {
    const to = await sink();
    to.statuses.push(500, 302);
    await using running = await logging(`http://127.0.0.1:${to.port}/`);
    await running.gateway.fetch("/again");
    await delivered(to, 3);
    expect(to.deliveries.map(({ body }) => (body as { request: { uri: string } }).request.uri)).toEqual([
      "/again",
      "/again",
      "/again",
    ]);
    const [id] = /\[http-log plugin [0-9a-f-]{36}\]/.exec(log[0] ?? "") ?? [];
    expect(id).toBeDefined();
    expect(log[0]).toContain(`request to 127.0.0.1:${to.port} returned status code 500 and body noted`);
  });

  it("gives up after max_retry_time", async () => {
    const to = await sink();
    to.statuses.push(500);
    await using running = await logging(`http://127.0.0.1:${to.port}/`, { queue: { max_retry_time: -1 } });
    await running.gateway.fetch("/lost");
    await waitFor(() => log.some((line) => line.includes("max_retry_time exceeded")));
    await running.gateway.fetch("/next");
    await delivered(to, 2);
    expect(to.deliveries[1]?.body).toMatchObject({ request: { uri: "/next" } });
  });

  it("answers while nobody takes entries, and tells the log", async () => {
    const to = await sink();
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
    await using running = await logging(`http://127.0.0.1:${to.port}/`, { queue: { max_retry_time: -1 } });
    expect((await running.gateway.fetch("/")).status).toBe(200);
    await waitFor(() => log.some((line) => line.includes(`failed request to 127.0.0.1:${to.port}: `)));
  });

  it("sends at once, without a queue, with a concurrency_limit of -1", async () => {
    const to = await sink();
    const queue = { concurrency_limit: -1, max_batch_size: 10, max_coalescing_delay: 3600 };
    await using running = await logging(`http://127.0.0.1:${to.port}/`, { queue });
    await running.gateway.fetch("/");
    await delivered(to, 1);
    expect(to.deliveries[0]?.body).toHaveLength(1);
  });

  it("does not verify the server's certificate", async () => {
    const to = await sink(selfSigned);
    await using running = await logging(`https://127.0.0.1:${to.port}/`);
    await running.gateway.fetch("/");
    await delivered(to, 1);
  });

  it("logs requests that match no route when it is global", async () => {
    const to = await sink();
    const plugins = [{ name: "http-log", config: { http_endpoint: `http://127.0.0.1:${to.port}/` } }];
    await using running = await pluginGateway([], { services: [], plugins });
    await running.gateway.fetch("/nowhere");
    await delivered(to, 1);
    expect(to.deliveries[0]?.body).toMatchObject({ response: { status: 404 } });
  });

  it("uses a changed configuration for later entries", async () => {
    const [before, after] = [await sink(), await sink()];
    const plugin = (port: number): object[] => [{ name: "http-log", config: { http_endpoint: `http://127.0.0.1:${port}/` } }];
    await using running = await pluginGateway([], { plugins: plugin(before.port) });
    await running.gateway.fetch("/1");
    await delivered(before, 1);
    await running.gateway.gateway.loadConfig({ ...running.document, plugins: plugin(after.port) } as never);
    await running.gateway.fetch("/2");
    await delivered(after, 1);
    expect(after.deliveries[0]?.body).toMatchObject({ request: { uri: "/2" } });
    expect(before.deliveries).toHaveLength(1);
  });

  it("reads secrets of the endpoint and of headers", async () => {
    const to = await sink();
    vi.stubEnv("POSTERN_TEST_LOG_URL", `http://bob:word@127.0.0.1:${to.port}/in`);
    vi.stubEnv("POSTERN_TEST_LOG_TOKEN", "t0ken");
    await using running = await logging("{vault://env/postern-test-log-url}", {
      headers: { "X-Token": "{vault://env/postern-test-log-token}" },
    });
    await running.gateway.fetch("/");
    await delivered(to, 1);
    expect(to.deliveries[0]).toMatchObject({
      url: "/in",
      headers: { "x-token": "t0ken", authorization: `Basic ${Buffer.from("bob:word").toString("base64")}` },
    });
  });

  it("names the instance in its log lines", async () => {
    const to = await sink();
    to.statuses.push(500);
    const id = "11111111-1111-4111-8111-111111111111";
    const plugin = { id, name: "http-log", instance_name: "mine", config: { http_endpoint: `http://127.0.0.1:${to.port}/` } };
    await using running = await pluginGateway([plugin], {}, { logger });
    await running.gateway.fetch("/");
    await delivered(to, 2);
    expect(log[0]).toContain(`[http-log plugin ${id} (mine)]`);
  });

  it("gives up on a server that does not answer in time", async () => {
    const silent = createServer(() => undefined);
    servers.push(silent);
    await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
    const { port } = silent.address() as AddressInfo;
    const config = { timeout: 20, queue: { max_retry_time: -1 } };
    await using running = await logging(`http://127.0.0.1:${port}/`, config);
    expect((await running.gateway.fetch("/")).status).toBe(200);
    await waitFor(() => log.some((line) => line.includes(`failed request to 127.0.0.1:${port}: `)), { timeout: 8_000 });
  });

  it("keeps the entries of different receivers apart, and those of equal ones together", async () => {
    const to = await sink();
    const config = (path: string) => ({
      http_endpoint: `http://127.0.0.1:${to.port}/${path}`,
      queue: { max_batch_size: 2, max_coalescing_delay: 3600 },
    });
    const route = (path: string, receiver: string) => ({
      paths: [`/${path}`],
      plugins: [{ name: "http-log", config: config(receiver) }],
    });
    const routes = [route("a", "one"), route("b", "two"), route("c", "one")];
    await using running = await pluginGateway([], { routes, services: [] });
    for (const path of ["/a", "/b", "/c"]) await running.gateway.fetch(path);
    await delivered(to, 1);
    await running.gateway.close();
    const seen = to.deliveries.map(({ url, body }) => [
      url,
      (body as { request: { uri: string } }[]).map((one) => one.request.uri),
    ]);
    expect(seen).toEqual([
      ["/one", ["/a", "/c"]],
      ["/two", ["/b"]],
    ]);
  });

  it.each([
    [{}, { http_endpoint: "required field missing" }],
    [{ http_endpoint: "nowhere" }, { http_endpoint: "missing host in url" }],
    [{ http_endpoint: "http://a/", method: "GET" }, { method: "expected one of: POST, PUT, PATCH" }],
    [{ http_endpoint: "http://a/", headers: { host: "b" } }, { headers: "cannot contain 'Host' header" }],
    [{ http_endpoint: "http://a/", headers: { "Content-length": "1" } }, { headers: "cannot contain 'Content-Length' header" }],
    [{ http_endpoint: "http://a/", headers: { "content-type": "x" } }, { headers: "cannot contain 'Content-Type' header" }],
    [{ http_endpoint: "http://a/", headers: { "X-A": "" } }, { headers: "length must be at least 1" }],
    [
      { http_endpoint: "http://a/", queue: { max_batch_size: 0 } },
      { queue: { max_batch_size: "value should be between 1 and 1000000" } },
    ],
    [{ http_endpoint: "http://a/", queue: { concurrency_limit: 2 } }, { queue: { concurrency_limit: "expected one of: -1, 1" } }],
  ])("refuses %j", async (config, fields) => {
    expect(await refusalOf(config)).toEqual(fields);
  });

  it("refuses user info beside an Authorization header", async () => {
    expect(await refusalOf({ http_endpoint: "http://a:b@c/", headers: { authorization: "x" } })).toEqual(
      "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed",
    );
  });
});
