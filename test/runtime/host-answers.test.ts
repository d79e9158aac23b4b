import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import express from "express";
import { type AnyPlugin, createGateway, getGatewayContext } from "postern";
import { describe, expect, it } from "vitest";
import { keptLog, probe } from "../gateway/support.js";
import { waitFor } from "../support/wait-for.js";

interface AppTest extends AsyncDisposable {
  readonly url: string;
  readonly log: ReturnType<typeof keptLog>;
}

/** An Express app whose routes all stand behind a route of the gateway that has no service. */
async function app(probes: readonly AnyPlugin[], routes: (app: express.Express) => void): Promise<AppTest> {
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
  const host = express();
  host.use(gateway.handler);
  routes(host);
  host.use(((_error, _req, res, _next) => void res.status(500).send("host failed")) as express.ErrorRequestHandler);
  const server: Server = createServer(host);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await gateway.close();
    },
  };
}

const stamp = probe("stamp", {
  headerFilter(pdk) {
    pdk.response.setHeader("X-Stamp", `${pdk.response.getStatus()} ${pdk.response.getSource()}`);
    pdk.response.clearHeader("X-Secret");
  },
});
const upper = probe("upper", { bodyFilter: (_pdk, _config, { data }) => data.toString().toUpperCase() });
const early = probe("early", { access: (pdk) => pdk.response.setHeader("X-Early", "from access") });

/** Every way in which a handler may answer `hello world`, with an `X-Secret` header. */
const ways: Readonly<Record<string, express.RequestHandler>> = {
  "res.send": (_req, res) => void res.set("X-Secret", "1").send("hello world"),
  "res.json": (_req, res) => void res.set("X-Secret", "1").json("hello world"),
  "write and end": (_req, res) => {
    res.setHeader("X-Secret", "1");
    res.write("hello ");
    res.end("world");
  },
  "pieces over time": async (_req, res) => {
    res.setHeader("X-Secret", "1");
    for (const piece of ["hel", "lo ", "world"]) {
      res.write(piece);
      await nextTurn();
    }
    res.end();
  },
  "a pipe": async (_req, res) => {
    res.setHeader("X-Secret", "1");
    await pipeline(Readable.from([Buffer.from("hello "), Buffer.from("world")]), res);
  },
  "writeHead with an object": (_req, res) =>
    void res.writeHead(200, { "X-Secret": "1", "Content-Length": "11" }).end("hello world"),
  "writeHead with a reason": (_req, res) => void res.writeHead(200, "Fine", { "X-Secret": "1" }).end("hello world"),
  "writeHead with a flat list": (_req, res) => void res.writeHead(200, ["X-Secret", "1", "Set-Cookie", "a=1"]).end("hello world"),
  "writeHead over setHeader": (_req, res) => {
    res.setHeader("X-Secret", "0");
    res.writeHead(200, { "x-secret": "1" }).end("hello world");
  },
  "an implicit head": (_req, res) => void res.end("hello world"),
  "an encoded end": (_req, res) => void res.end("68656c6c6f20776f726c64", "hex"),
  "a typed array": (_req, res) => void res.end(new Uint8Array(Buffer.from("hello world"))),
  "flushed headers": (_req, res) => {
    res.setHeader("X-Secret", "1");
    res.flushHeaders();
    res.end("hello world");
  },
};

describe("a host's answers", () => {
  it.each(Object.entries(ways))("given by %s pass the filters", async (_name, handler) => {
    await using host = await app([stamp, upper, early], (express) => express.get("/", handler));
    const response = await fetch(host.url);
    expect(response.status).toBe(200);
    expect((await response.text()).replaceAll('"', "")).toBe("HELLO WORLD");
    expect(response.headers.get("x-stamp")).toBe("200 service");
    expect(response.headers.get("x-early")).toBe("from access");
    expect(response.headers.get("x-secret")).toBeNull();
    expect(response.headers.get("x-kong-request-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(host.log.errors).toEqual([]);
  });

  it.each(Object.entries(ways))("given by %s are the same without filters, but for early headers", async (_name, handler) => {
    await using host = await app([early], (express) => express.get("/", handler));
    const response = await fetch(host.url);
    expect((await response.text()).replaceAll('"', "")).toBe("hello world");
    expect(response.headers.get("x-early")).toBe("from access");
  });

  it.each(Object.entries(ways))("given by %s keep their length when only headers are filtered", async (_name, handler) => {
    await using host = await app([stamp], (express) => express.get("/", handler));
    const response = await fetch(host.url);
    expect((await response.text()).replaceAll('"', "")).toBe("hello world");
    expect(response.headers.get("x-stamp")).toBe("200 service");
  });

  it("keep repeated headers apart", async () => {
    await using host = await app([stamp], (express) =>
      express.get("/", (_req, res) => {
        res.setHeader("Set-Cookie", ["a=1", "b=2"]);
        res.end();
      }),
    );
    expect((await fetch(host.url)).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  it("call the host's callbacks", async () => {
    const called: string[] = [];
    await using host = await app([upper], (express) =>
      express.get("/", (_req, res) => {
        res.write("a", () => called.push("write"));
        res.write("b", "utf8", () => called.push("write with encoding"));
        res.end("c", () => called.push("end"));
      }),
    );
    expect(await (await fetch(host.url)).text()).toBe("ABC");
    expect(await waitFor(() => called.length === 3 && called)).toEqual(["write", "write with encoding", "end"]);
  });

  it("that are errors of the host pass the filters too", async () => {
    await using host = await app([stamp], (express) =>
      express.get("/", () => {
        throw new Error("of the host");
      }),
    );
    const response = await fetch(host.url);
    expect([response.status, await response.text(), response.headers.get("x-stamp")]).toEqual([
      500,
      "host failed",
      "500 service",
    ]);
  });

  it("have no body for HEAD, 204 and 304", async () => {
    await using host = await app([stamp, upper], (express) => {
      express.get("/", (_req, res) => void res.send("hello"));
      express.get("/204", (_req, res) => void res.status(204).end());
      express.get("/304", (_req, res) => void res.status(304).end());
    });
    const head = await fetch(host.url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "5", ""]);
    expect((await fetch(`${host.url}/204`)).headers.get("x-stamp")).toBe("204 service");
    expect((await fetch(`${host.url}/304`)).headers.get("x-stamp")).toBe("304 service");
  });

  it("can be replaced by a header filter", async () => {
    const replace = probe("replace", { headerFilter: (pdk) => pdk.response.exit(418, "tea", { "X-Kind": "pot" }) });
    await using host = await app([replace], (express) =>
      express.get("/", (_req, res) => void res.send("a long answer of the host")),
    );
    const response = await fetch(host.url);
    expect([response.status, await response.text(), response.headers.get("x-kind")]).toEqual([418, "tea", "pot"]);
  });

  it("go without the host's words for a status that a filter changes", async () => {
    const changed = probe("changed", {
      headerFilter: (pdk) => pdk.response.setStatus(pdk.request.getPath() === "/none" ? 204 : 503),
    });
    await using host = await app([changed], (express) => {
      express.get("/words", (_req, res) => void res.writeHead(200, "All Good").end("x"));
      express.get("/none", (_req, res) => void res.send("x"));
    });
    const words = await fetch(`${host.url}/words`);
    expect([words.status, words.statusText]).toEqual([503, "Service Unavailable"]);
    const none = await fetch(`${host.url}/none`);
    expect([none.status, none.headers.get("content-length")]).toEqual([204, null]);
  });

  it("that Node refuses leave room for the host's error, which passes the filters and has what plugins set early", async () => {
    await using host = await app([stamp, upper, early], (express) => {
      express.get("/", (_req, res) => void res.writeHead(200, { "X-Bad": "a\nb" }).end());
    });
    const response = await fetch(host.url);
    expect([response.status, await response.text()]).toEqual([500, "HOST FAILED"]);
    expect([response.headers.get("x-stamp"), response.headers.get("x-early")]).toEqual(["500 service", "from access"]);
  });

  it("are not filtered again when the host writes after the end", async () => {
    let pieces = 0;
    const count = probe("count", {
      bodyFilter() {
        pieces += 1;
      },
    });
    await using host = await app([count], (express) => {
      express.get("/", (_req, res) => {
        res.on("error", () => undefined);
        res.end("x");
        res.write("y");
        res.end("z");
      });
    });
    expect([await (await fetch(host.url)).text(), pieces]).toEqual(["x", 1]);
  });

  it("break off when a filter throws", async () => {
    const broken = probe("broken", {
      headerFilter() {
        throw new Error("of the filter");
      },
    });
    await using host = await app([broken], (express) => express.get("/", (_req, res) => void res.send("hello")));
    await expect(fetch(host.url)).rejects.toThrow("fetch failed");
    expect(host.log.errors).toEqual(["plugin 'broken' failed in header_filter: of the filter"]);
  });

  it("are logged with their status and headers, also without filters", async () => {
    const logged: unknown[] = [];
    const log = probe("log", {
      log: (pdk) => void logged.push([pdk.response.getStatus(), pdk.response.getHeader("x-a"), pdk.service.response.getStatus()]),
    });
    await using host = await app([log], (express) =>
      express.get("/", (_req, res) => void res.status(201).set("X-A", "1").send("made")),
    );
    await (await fetch(host.url)).text();
    expect(await waitFor(() => logged[0])).toEqual([201, "1", 201]);
  });

  it("that never came are logged as 499", async () => {
    const logged: unknown[] = [];
    const log = probe("log", { log: (pdk) => void logged.push(pdk.response.getStatus()) });
    let arrived = false;
    await using host = await app([log], (express) =>
      express.get("/", () => {
        arrived = true;
      }),
    );
    const request = httpRequest(host.url).on("error", () => undefined);
    request.end();
    await waitFor(() => arrived);
    request.destroy();
    expect(await waitFor(() => logged[0])).toBe(499);
  });

  it("know what the gateway knows", async () => {
    const set = probe("set", {
      access(pdk) {
        pdk.ctx.shared.tenant = "acme";
      },
    });
    await using host = await app([set], (express) => {
      express.get("/", (req, res) => {
        const context = getGatewayContext(req);
        res.json([context?.route?.name, context?.service, context?.consumer, context?.shared.tenant, context?.requestId]);
      });
    });
    const response = await fetch(host.url);
    expect(await response.json()).toEqual(["app", null, null, "acme", response.headers.get("x-kong-request-id")]);
  });
});

it("tells nothing about requests that no gateway has seen", () => {
  expect(getGatewayContext({} as Parameters<typeof getGatewayContext>[0])).toBeUndefined();
});
