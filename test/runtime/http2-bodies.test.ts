import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { createGateway, type DeclarativeDocument, type GatewayOptions } from "postern";
import { afterEach, describe, expect, it } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A host that speaks HTTP/2, before an upstream that tells what it was sent. */
async function host(
  plugins: DeclarativeDocument["plugins"] = [],
  transport: GatewayOptions["transport"] = "undici",
): Promise<ClientHttp2Session> {
  const upstream = await echoUpstream();
  const gateway = createGateway({
    declarativeConfig: {
      _format_version: "3.0",
      services: [{ name: "echo", url: `http://127.0.0.1:${upstream.port}`, routes: [{ name: "all", paths: ["/"] }] }],
      plugins,
    },
    transport,
  });
  const server = createServer((request: Http2ServerRequest, response: Http2ServerResponse) =>
    gateway.handler(request as never, response as never),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  open.push(
    () => upstream[Symbol.asyncDispose](),
    () => gateway.close(),
    () => server.close(),
    () => session.close(),
  );
  return session;
}

async function send(session: ClientHttp2Session, headers: Record<string, string>, body?: string) {
  const stream = session.request({ ":path": "/x", ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  let text = "";
  stream.setEncoding("utf8").on("data", (piece) => {
    text += piece;
  });
  const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
  await once(stream, "close");
  return { status: answer[":status"], headers: answer, text };
}

describe("the body of a request over HTTP/2", () => {
  describe.each(["undici", "http-proxy-3"] as const)("with the transport %s", (transport) => {
    it.each([
      ["of unknown length", "POST", {}],
      ["of unknown length", "GET", {}],
      ["of unknown length", "DELETE", {}],
      ["of known length", "POST", { "content-length": "5" }],
    ])("%s reaches the upstream: %s", async (_, method, headers) => {
      const { status, text } = await send(await host([], transport), { ":method": method, ...headers }, "hello");
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ method, body: "hello" });
    });
  });

  it("that is not there is not sent", async () => {
    const { text } = await send(await host(), { ":method": "GET" });
    const { body, headers } = JSON.parse(text) as { body: string; headers: Record<string, string> };
    expect(body).toBe("");
    expect(headers["transfer-encoding"]).toBeUndefined();
  });

  it("of unknown length is counted by request-size-limiting", async () => {
    const session = await host([{ name: "request-size-limiting", config: { allowed_payload_size: 4, size_unit: "bytes" } }]);
    expect((await send(session, { ":method": "POST" }, "hello")).status).toBe(413);
    expect((await send(session, { ":method": "POST" }, "four")).status).toBe(200);
  });

  it("keeps an answer to GET out of proxy-cache", async () => {
    const config = { strategy: "memory", content_type: ["application/json"] };
    const session = await host([{ name: "proxy-cache", config }]);
    const status = async (body?: string) => (await send(session, { ":method": "GET" }, body)).headers["x-cache-status"];
    expect(await status("poison")).toBe("Bypass");
    expect(await status()).toBe("Miss");
    expect(await status()).toBe("Hit");
  });
});
