import { once } from "node:events";
import { connect } from "node:net";
import type { PluginPhases } from "postern";
import { describe, expect, it } from "vitest";
import { runPlugin } from "../../src/testing/index.js";
import { probe, proxyTest } from "../gateway/support.js";

/** All that comes back on one connection. */
async function talk(port: number, requests: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answers = "";
  socket.on("data", (data) => {
    answers += String(data);
  });
  socket.write(requests);
  await once(socket, "close");
  return answers;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const run = (phases: PluginPhases<never, never>, upstream: object = { body: "from upstream" }) =>
  runPlugin(probe("tried", phases), { upstream });

describe("a body that a plugin gives", () => {
  it.each<readonly [string, PluginPhases<never, never>, string]>([
    ["exit", { access: (pdk) => pdk.response.exit(200, bytes("bytes")) }, "bytes"],
    ["bodyFilter's result", { bodyFilter: (_pdk, _config, { last }) => (last ? bytes("bytes") : "") }, "bytes"],
    ["setRawBody", { bodyFilter: (pdk) => pdk.response.setRawBody(bytes("bytes")) }, "bytes"],
  ])("may be bytes of any kind, in %s", async (_where, phases, expected) => {
    expect((await run(phases)).body).toBe(expected);
  });

  it("may be bytes on its way up", async () => {
    const { upstream } = await runPlugin(probe("tried", { access: (pdk) => pdk.service.request.setRawBody(bytes("bytes")) }), {
      request: { method: "POST", body: "other" },
    });
    expect([upstream?.body, upstream?.headers["content-length"]]).toEqual(["bytes", "5"]);
  });

  it.each([42, true, Symbol("odd"), 10n, () => 1])("is refused where it is %s: a 500 that tells which plugin", async (body) => {
    for (const access of [
      (pdk) => pdk.response.exit(200, body as never),
      (pdk) => pdk.response.error(400, body as never),
      (pdk) => pdk.service.request.setRawBody(body as never),
    ] satisfies PluginPhases<never, never>["access"][]) {
      const { status, logs } = await run({ access });
      expect(status).toBe(500);
      expect(logs.find(({ level }) => level === "error")?.message).toMatch(
        /^plugin 'tried' failed in access: (body|message) must be text(, bytes)? or .*: got /,
      );
    }
  });
});

describe("setRawBody in a body filter", () => {
  it("takes the place of the whole body, and is the last piece for the plugins below", async () => {
    const pieces: unknown[] = [];
    const first = probe("first", { bodyFilter: (pdk) => pdk.response.setRawBody("instead") }, 600);
    const second = probe(
      "second",
      { bodyFilter: (_pdk, _config, { data, last }) => void pieces.push([String(data), last]) },
      500,
    );
    await using t = await proxyTest({ probes: [first, second] });
    expect(await (await t.gateway.fetch("/")).text()).toBe("instead");
    expect(pieces).toEqual([["instead", true]]);
  });

  it("leaves what is held back by getRawBody alone", async () => {
    const { body } = await run({
      bodyFilter(pdk) {
        const whole = pdk.response.getRawBody();
        if (whole !== undefined) pdk.response.setRawBody(`[${whole.toString()}]`);
      },
    });
    expect(body).toBe("[from upstream]");
  });
});

describe("a length that is not the body's", () => {
  it.each<readonly [string, PluginPhases<never, never>]>([
    ["headerFilter", { headerFilter: (pdk) => pdk.response.setHeader("Content-Length", 3) }],
    ["headerFilter, twice", { headerFilter: (pdk) => pdk.response.addHeader("Content-Length", 3) }],
    ["access", { access: (pdk) => pdk.response.setHeader("Content-Length", 3) }],
    ["response", { response: (pdk) => pdk.response.setHeader("Content-Length", 3) }],
    ["exit", { access: (pdk) => pdk.response.exit(200, "from upstream", { "Content-Length": 3 }) }],
  ])("is not sent when %s sets it: the rest would be taken for the next answer", async (_where, phases) => {
    await using t = await proxyTest({ probes: [probe("tried", phases)] });
    const both = await talk(
      t.gateway.port,
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(both.match(/HTTP\/1\.1 200 OK\r\n/g)).toHaveLength(2);
    expect(both).not.toMatch(/Content-Length: 3\r/i);
  });
});

describe("a status that a filter changes", () => {
  it("goes without the words of the upstream's own", async () => {
    await using t = await proxyTest({ probes: [probe("tried", { headerFilter: (pdk) => pdk.response.setStatus(503) })] });
    const answer = await talk(t.gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
  });

  it("has no length where there can be no body", async () => {
    const { status, headers } = await run({ headerFilter: (pdk) => pdk.response.setStatus(204) });
    expect([status, headers["content-length"]]).toEqual([204, undefined]);
  });
});

it.each(["", "a b", "user@host", "host/path", "host:80\r\nX: y", "host?x", "host#x", "back\\slash"])(
  "setTarget takes %j for no host",
  async (host) => {
    const { status, logs, upstream } = await run({ access: (pdk) => pdk.service.setTarget(host, 80) });
    expect([status, upstream]).toEqual([500, undefined]);
    expect(logs.find(({ level }) => level === "error")?.message).toContain("host must be a name or an address");
  },
);

it("authenticate takes what was not found for nobody, and nothing else for somebody", async () => {
  const texts = await Promise.all(
    [
      [undefined, undefined],
      ["bob", null],
      [null, "secret"],
    ].map(async (given) => {
      const { logs } = await run({ access: (pdk) => pdk.client.authenticate(...(given as [never, never])) });
      return logs
        .find(({ level }) => level === "error")
        ?.message.split(": ")
        .slice(1)
        .join(": ");
    }),
  );
  expect(texts).toEqual([
    "either credential or consumer must be provided",
    "consumer must be an object: got string",
    "credential must be an object: got string",
  ]);
});
