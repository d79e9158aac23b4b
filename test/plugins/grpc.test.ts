import { createServer, connect as http2Connect, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { createGateway } from "postern";
import { describe, expect, it } from "vitest";

const UNAUTHENTICATED = { "grpc-status": "16", "grpc-message": "Unauthenticated" };
const DENIED = { "grpc-status": "7", "grpc-message": "PermissionDenied" };
const EXHAUSTED = { "grpc-status": "8", "grpc-message": "ResourceExhausted" };

/** What a gRPC client gets from a route with the plugins; the last of several answers. */
async function call(plugins: readonly object[], headers: object = {}, times = 1): Promise<{ head: object; body: string }> {
  const gateway = createGateway({
    _format_version: "3.0",
    consumers: [{ username: "guest" }],
    routes: [{ paths: ["/"], plugins }],
  } as never);
  const server = createServer((request, response) => gateway.handler(request as never, response as never));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = http2Connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    let answer = { head: {}, body: "" };
    for (let i = 0; i < times; i += 1) {
      answer = await new Promise((resolve, reject) => {
        const stream = client.request({ ":path": "/a.B/c", ":method": "POST", "content-type": "application/grpc", ...headers });
        let head: IncomingHttpHeaders = {};
        let body = "";
        stream.on("response", (received) => {
          head = received;
        });
        stream.setEncoding("utf8").on("data", (piece: string) => {
          body += piece;
        });
        stream.on("error", reject).on("end", () => resolve({ head, body }));
        stream.end();
      });
    }
    return answer;
  } finally {
    client.close();
    await new Promise((resolve) => server.close(resolve));
    await gateway.close();
  }
}

const passed = { name: "request-termination", config: { status_code: 200, message: "fine" } };

describe("refusals of gRPC calls", () => {
  it.each([
    ["key-auth", {}, {}, 401, UNAUTHENTICATED],
    ["basic-auth", {}, {}, 401, UNAUTHENTICATED],
    ["hmac-auth", {}, {}, 401, UNAUTHENTICATED],
    ["jwt", {}, {}, 401, { "grpc-status": "16", "grpc-message": "Unauthorized" }],
    ["acl", { allow: ["a"] }, {}, 401, UNAUTHENTICATED],
    ["bot-detection", {}, { "user-agent": "Googlebot/2.1" }, 403, DENIED],
    ["ip-restriction", { deny: ["127.0.0.1"] }, {}, 403, DENIED],
    ["rate-limiting", { minute: 1 }, {}, 429, EXHAUSTED],
    [
      "request-size-limiting",
      { allowed_payload_size: 1, size_unit: "bytes", require_content_length: true },
      {},
      411,
      { "grpc-status": "3", "grpc-message": "InvalidArgument" },
    ],
  ])("%s", async (name, config, headers, status, expected) => {
    const { head, body } = await call([{ name, config }, passed], headers, name === "rate-limiting" ? 2 : 1);
    expect(head).toMatchObject({ ":status": status, "content-type": "application/grpc", ...expected });
    expect(body).toBe("");
  });

  it("request-termination tells its message", async () => {
    const { head } = await call([{ name: "request-termination" }]);
    expect(head).toMatchObject({ ":status": 503, "grpc-status": "14", "grpc-message": "Service unavailable" });
  });
});

describe("gRPC calls", () => {
  it("are numbered by correlation-id as others are", async () => {
    const plugins = [{ name: "correlation-id", config: { echo_downstream: true } }, passed];
    const { head } = await call(plugins, {}, 2);
    expect(head).toMatchObject({ "kong-request-id": expect.stringMatching(/#2$/) });
  });
});
