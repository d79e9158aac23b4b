import { once } from "node:events";
import { connect, createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { type AnyPlugin, createGateway } from "postern";
import { describe, expect, it } from "vitest";
import { keptLog, probe } from "../gateway/support.js";
import { waitFor } from "../support/wait-for.js";

type Answer = (response: Http2ServerResponse) => unknown;

/** Asks a host that speaks HTTP/2 and stands behind a route of the gateway that has no service. */
async function ask(probes: readonly AnyPlugin[], answer: Answer) {
  const log = keptLog();
  const gateway = createGateway({
    declarativeConfig: {
      _format_version: "3.0",
      routes: [{ name: "app", paths: ["/"] }],
      plugins: probes.map(({ name }) => ({ name })),
    },
    plugins: probes,
    logger: log,
  });
  const server = createServer((request: Http2ServerRequest, response: Http2ServerResponse) =>
    gateway.handler(request as never, response as never, () => void answer(response)),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    const stream = session.request({ ":path": "/" });
    let body = "";
    stream.setEncoding("utf8").on("data", (text) => {
      body += text;
    });
    const [headers] = (await once(stream, "response")) as [Record<string, string>];
    await once(stream, "close");
    return { headers, body, errors: log.errors };
  } finally {
    session.close();
    server.close();
    await gateway.close();
  }
}

const ways: Readonly<Record<string, Answer>> = {
  end: (response) => response.end("hello world"),
  "write and end": (response) => {
    response.write("hello ");
    response.end("world");
  },
  writeHead: (response) => {
    response.setHeader("X-Kind", "0");
    response.writeHead(200, { "x-kind": "1", "content-length": "11" });
    response.end("hello world");
  },
};

describe("a host's answers over HTTP/2", () => {
  const filters = probe("filters", {
    headerFilter: (pdk) => pdk.response.setHeader("X-Stamp", pdk.response.getStatus()),
    bodyFilter: (_pdk, _config, { data, last }) => `${data.toString().toUpperCase()}${last ? "!" : ""}`,
  });

  it.each(Object.entries(ways))("given by %s pass the filters, once", async (_way, answer) => {
    const { headers, body, errors } = await ask([filters], answer);
    expect([headers[":status"], headers["x-stamp"], body, errors]).toEqual([200, "200", "HELLO WORLD!", []]);
  });

  it.each(Object.entries(ways))("given by %s get the headers of plugins, and are logged", async (_way, answer) => {
    let status = 0;
    const early = probe("early", {
      access: (pdk) => pdk.response.setHeader("X-Early", "1"),
      log(pdk) {
        status = pdk.response.getStatus();
      },
    });
    const { headers, body, errors } = await ask([early], answer);
    await waitFor(() => status !== 0);
    expect([headers["x-early"], body, status, errors]).toEqual(["1", "hello world", 200, []]);
  });

  it("can be replaced by a header filter", async () => {
    const { headers, body } = await ask(
      [probe("replace", { headerFilter: (pdk) => pdk.response.exit(403, "no") })],
      ways["write and end"] as Answer,
    );
    expect([headers[":status"], body]).toEqual([403, "no"]);
  });
});
