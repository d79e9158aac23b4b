import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { rawServer } from "../support/raw-server.js";
import { type TestGateway, testGateway } from "../support/test-gateway.js";

interface Attack extends AsyncDisposable {
  readonly gateway: TestGateway;
  /** The request lines that a lenient upstream makes out of what it gets. */
  requestLines(): string[];
  received(): string;
}

/** An upstream that believes whatever looks like a request, as a careless server would. */
async function lenient(): Promise<Attack> {
  const upstream = await rawServer({
    onRequest: ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  });
  const gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "s", url: `http://127.0.0.1:${upstream.port}`, routes: [{ name: "all", paths: ["/"] }] }],
    },
    options: { logger: { debug() {}, info() {}, warn() {}, error() {} } },
  });
  const received = (): string => upstream.connections.map((connection) => connection.received).join("\n");
  return {
    gateway,
    received,
    requestLines: () => received().match(/^[A-Z]+ \S+ HTTP\/1\.1/gm) ?? [],
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}

/** Sends bytes, and gives all that comes back until the connection ends or, once something has come, falls silent. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.setEncoding("latin1").on("data", (data: string) => {
      received += data;
      socket.setTimeout(500);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(received));
    // A busy machine may be slow to begin.
    socket.setTimeout(8_000, () => socket.destroy());
    socket.write(Buffer.from(bytes, "latin1"));
  });
}

function statuses(received: string): string[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1] as string);
}

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
const post = (headers: string, body: string): string => `POST /first HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

describe("an ambiguous length", () => {
  it.each([
    ["Content-Length and Transfer-Encoding", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"],
    ["Transfer-Encoding and Content-Length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"],
    ["two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n"],
    ["twice the same length", "Content-Length: 4\r\nContent-Length: 4\r\n"],
    ["a list of lengths", "Content-Length: 4, 4\r\n"],
    ["a signed length", "Content-Length: +4\r\n"],
    ["a hexadecimal length", "Content-Length: 0x4\r\n"],
    ["a negative length", "Content-Length: -4\r\n"],
    ["a length with an underscore", "Content-Length: 1_0\r\n"],
    ["a length beyond all numbers", "Content-Length: 99999999999999999999\r\n"],
    ["blank before the colon", "Content-Length : 4\r\n"],
    ["blank before the colon of the coding", "Transfer-Encoding : chunked\r\n"],
    ["a folded header", "X-A: 1\r\n Transfer-Encoding: chunked\r\n"],
    ["an unknown coding", "Transfer-Encoding: xchunked\r\n"],
    ["chunked first", "Transfer-Encoding: chunked, identity\r\n"],
    ["a bare line feed in a header", "X-A: 1\nContent-Length: 4\r\n"],
    ["a bare carriage return in a header", "X-A: 1\rContent-Length: 4\r\n"],
    ["NUL in a header", "X-A: 1\0\r\n"],
    ["no header name", ": 4\r\n"],
  ])("(%s) is refused or means one request", async (_what, headers) => {
    await using attack = await lenient();
    const received = await exchange(attack.gateway.port, post(headers, `0\r\n\r\n${SMUGGLED}`));
    const lines = attack.requestLines();
    const answers = statuses(received);
    if (lines.length === 0) {
      expect(answers[0]).toBe("400");
    } else {
      // What the gateway answered and what the upstream saw are the same requests.
      expect(lines).toHaveLength(answers.filter((status) => status === "200").length);
      expect(lines[0]).toBe("POST /first HTTP/1.1");
    }
  });

  it.each([
    ["a size that is no number", "zz\r\nhi\r\n0\r\n\r\n"],
    ["a size with 0x", "0x2\r\nhi\r\n0\r\n\r\n"],
    ["a size with a sign", "+2\r\nhi\r\n0\r\n\r\n"],
    ["a size beyond all numbers", "fffffffffffffffff\r\nhi\r\n0\r\n\r\n"],
    ["no line break after a chunk", "2\r\nhiXX0\r\n\r\n"],
    ["a line feed in an extension", "2;a\nb\r\nhi\r\n0\r\n\r\n"],
  ])("(chunks with %s) ends the request and never its successor", async (_what, body) => {
    await using attack = await lenient();
    const received = await exchange(attack.gateway.port, post("Transfer-Encoding: chunked\r\n", body) + SMUGGLED);
    expect(attack.requestLines()).not.toContain("GET /smuggled HTTP/1.1");
    expect(statuses(received).filter((status) => status === "200").length).toBeLessThanOrEqual(1);
  });

  it("cannot come out of chunk extensions and trailers, which stay here", async () => {
    await using attack = await lenient();
    const body = "2;ext=1\r\nhi\r\n0\r\nAuthorization: evil\r\nX-Trailer: 1\r\nHost: evil\r\n\r\n";
    const received = await exchange(attack.gateway.port, post("Transfer-Encoding: chunked\r\n", body) + SMUGGLED);
    expect(statuses(received)).toEqual(["200", "200"]);
    expect(attack.requestLines()).toEqual(["POST /first HTTP/1.1", "GET /smuggled HTTP/1.1"]);
    expect(attack.received()).not.toMatch(/X-Trailer|evil|ext=/);
  });

  it.each(["GET", "HEAD", "DELETE", "OPTIONS"])("is not made of a chunked %s", async (method) => {
    await using attack = await lenient();
    const request = `${method} /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await exchange(attack.gateway.port, `${request}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`);
    const [head = "", ...rest] = attack.received().split("\r\n\r\n");
    expect(head).toMatch(/^(transfer-encoding: chunked|content-length: \d+)$/im);
    expect(rest.join("")).toContain("/smuggled");
  });

  it.each(["Content-Length", "Transfer-Encoding", "Host"])("is not made of Connection: %s", async (name) => {
    await using attack = await lenient();
    const received = await exchange(
      attack.gateway.port,
      post(`Connection: ${name}\r\nContent-Length: ${SMUGGLED.length}\r\n`, SMUGGLED),
    );
    expect(statuses(received)).toEqual(["200"]);
    const head = attack.received().slice(0, attack.received().indexOf("\r\n\r\n"));
    expect(head).toMatch(/^(transfer-encoding: chunked|content-length: \d+)$/im);
    expect(head).toMatch(/^host: 127\.0\.0\.1/im);
  });
});

it("keeps pipelined requests and their answers in order", async () => {
  await using attack = await lenient();
  const requests = Array.from({ length: 8 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: x\r\n\r\n`).join("");
  expect(statuses(await exchange(attack.gateway.port, requests))).toHaveLength(8);
  expect(attack.requestLines().sort()).toEqual(Array.from({ length: 8 }, (_, i) => `GET /${i} HTTP/1.1`));
});

it("does not send the rest of a body that is longer than it said as a request to the upstream", async () => {
  await using attack = await lenient();
  const received = await exchange(
    attack.gateway.port,
    `POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGARBAGE\r\n\r\n`,
  );
  expect(["", "POST /first HTTP/1.1"]).toContain(attack.requestLines().join());
  expect(attack.received()).not.toContain("GARBAGE");
  expect(statuses(received)).toContain("400");
});
