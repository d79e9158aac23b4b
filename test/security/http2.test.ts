import {
  type ClientHttp2Session,
  createServer,
  connect as http2Connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { createGateway } from "postern";
import { expect, it } from "vitest";
import { keptLog } from "../gateway/support.js";
import { consumers } from "../support/credentials.js";
import { type EchoRecord, type EchoUpstream, echoUpstream } from "../support/echo-upstream.js";

interface Http2Test extends AsyncDisposable {
  readonly upstream: EchoUpstream;
  readonly errors: readonly string[];
  ask(headers: OutgoingHttpHeaders): Promise<{ status: number | undefined; text: string }>;
}

async function setup(plugins: readonly object[], route: object = {}): Promise<Http2Test> {
  const upstream = await echoUpstream();
  const log = keptLog();
  const gateway = createGateway({
    declarativeConfig: {
      _format_version: "3.0",
      consumers,
      plugins,
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"], ...route }] }],
    } as never,
    logger: log,
  });
  const server = createServer((request, response) => gateway.handler(request as never, response as never));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = http2Connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    upstream,
    errors: log.errors,
    ask: (headers) => ask(client, headers),
    async [Symbol.asyncDispose]() {
      client.close();
      await new Promise((resolve) => server.close(resolve));
      await gateway.close();
      await upstream.close();
    },
  };
}

function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = client.request(headers);
    let status: number | undefined;
    let text = "";
    stream.on("response", (answer: IncomingHttpHeaders & { ":status"?: number }) => {
      status = answer[":status"];
    });
    stream.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    stream.on("error", reject);
    stream.on("end", () => resolve({ status, text }));
    stream.end();
  });
}

it("refuses two keys over HTTP/2 as over HTTP/1.1", async () => {
  await using t = await setup([{ name: "key-auth" }]);
  const twice = await t.ask({ ":path": "/", apikey: ["key-secret", "key-secret"] });
  expect([twice.status, JSON.parse(twice.text).message]).toEqual([401, "Duplicate API key found"]);
  expect((await t.ask({ ":path": "/", apikey: "key, secret" })).status).toBe(401);
  expect(t.errors).toEqual([]);
  expect(t.upstream.requests).toEqual([]);
});

it("keeps to itself what a client claims over HTTP/2", async () => {
  await using t = await setup([{ name: "key-auth" }]);
  const claims = {
    x_consumer_username: "root",
    "x-consumer-custom-id": "root",
    "x-authenticated-groups": "root",
    x_real_ip: "6.6.6.6",
  };
  const { status, text } = await t.ask({ ":path": "/a", apikey: "key-secret", ...claims });
  expect(status).toBe(200);
  expect(text).not.toContain("root");
  expect(text).not.toContain("6.6.6.6");
  expect((JSON.parse(text) as EchoRecord).headers).toMatchObject({ "x-consumer-username": "by-key" });
});

it("knows the host that HTTP/2 names in a header of its own", async () => {
  const told = { add: { headers: ["x-told:$(headers['x-a'])"] } };
  await using t = await setup([{ name: "request-transformer", config: told }], { preserve_host: true, hosts: ["orders.test"] });
  const { status, text } = await t.ask({ ":path": "/a", ":authority": "orders.test:81", "x-a": ["1", "2"] });
  expect(status).toBe(200);
  const { headers } = JSON.parse(text) as EchoRecord;
  expect(headers).toMatchObject({ host: "orders.test:81", "x-forwarded-host": "orders.test" });
  expect(t.errors).toEqual([]);
});
