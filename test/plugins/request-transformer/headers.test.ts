import { describe, expect, it } from "vitest";
import { rawServer } from "../../support/raw-server.js";
import { testGateway } from "../../support/test-gateway.js";
import { transform } from "./support.js";

async function headersFor(config: object, headers: Record<string, string | string[]>): Promise<Record<string, unknown>> {
  const { response, arrived } = await transform({ config }, { headers });
  expect(response.status).toBe(200);
  return arrived?.headers ?? {};
}

describe("request-transformer, headers", () => {
  it("removes in any case, all of a name", async () => {
    const headers = await headersFor(
      { remove: { headers: ["X-One", "x-two", "x-absent"] } },
      { "x-one": ["1", "2"], "X-TWO": "3" },
    );
    expect(headers).not.toHaveProperty("x-one");
    expect(headers).not.toHaveProperty("x-two");
  });

  it("renames, over what has the new name", async () => {
    const headers = await headersFor(
      { rename: { headers: ["x-old:x-new", "x-absent:x-there"] } },
      { "X-Old": "a", "x-new": "b", "x-there": "c" },
    );
    expect(headers).toMatchObject({ "x-new": "a", "x-there": "c" });
    expect(headers).not.toHaveProperty("x-old");
  });

  it("renames all values of a header", async () => {
    expect(await headersFor({ rename: { headers: ["x-old:x-new"] } }, { "x-old": ["a", "b"] })).toMatchObject({
      "x-new": ["a", "b"],
    });
  });

  it("renames to another case, and to the same name", async () => {
    const { response } = await transform(
      { config: { rename: { headers: ["x-camel:X-Camel", "x-same:x-same"] } } },
      {
        headers: { "x-camel": "1", "x-same": "2" },
      },
    );
    expect(JSON.parse(response.text)).toMatchObject({ headers: { "x-camel": "1", "x-same": "2" } });
  });

  it("replaces only what is there", async () => {
    const headers = await headersFor({ replace: { headers: ["x-a:new", "x-b:new"] } }, { "X-A": ["old", "older"] });
    expect(headers).toMatchObject({ "x-a": "new" });
    expect(headers).not.toHaveProperty("x-b");
  });

  it("adds only what is not there", async () => {
    expect(await headersFor({ add: { headers: ["x-a:new", "x-b:new:er"] } }, { "X-A": "old" })).toMatchObject({
      "x-a": "old",
      "x-b": "new:er",
    });
  });

  it("appends twice to what the client sent", async () => {
    expect(await headersFor({ append: { headers: ["X-A:one", "x-a:two", "x-b:three"] } }, { "x-a": "zero" })).toMatchObject({
      "x-a": ["zero", "one", "two"],
      "x-b": "three",
    });
  });

  it("removes first, so that one name can be taken away and set", async () => {
    expect(await headersFor({ remove: { headers: ["x-a"] }, add: { headers: ["x-a:ours"] } }, { "x-a": "theirs" })).toMatchObject(
      { "x-a": "ours" },
    );
  });

  it("does nothing for an entry without a value", async () => {
    const config = { replace: { headers: ["x-a:"] }, add: { headers: ["x-b:"] }, append: { headers: ["x-a:"] } };
    const headers = await headersFor(config, { "x-a": "1" });
    expect(headers).toMatchObject({ "x-a": "1" });
    expect(headers).not.toHaveProperty("x-b");
  });

  it("sends text beyond ASCII as UTF-8", async () => {
    const headers = await headersFor({ add: { headers: ["x-a:ü€"] } }, {});
    expect(Buffer.from(String(headers["x-a"]), "latin1").toString("utf8")).toBe("ü€");
  });

  it("sends names in the case that is configured", async () => {
    let head = "";
    await using upstream = await rawServer({
      onRequest({ socket }, received) {
        head = received;
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      },
    });
    const config = {
      rename: { headers: ["x-camel:X-Camel", "x-from:X-To"] },
      add: { headers: ["X-aDD:1"] },
      append: { headers: ["X-ApPend:2"] },
    };
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [{ name: "raw", url: `http://127.0.0.1:${upstream.port}`, routes: [{ paths: ["/"] }] }],
        plugins: [{ name: "request-transformer", config }],
      },
    });
    await gateway.request({ headers: { host: "x", "x-camel": "a", "x-from": "b", "x-append": "1" } });
    const names = head.split("\r\n").map((line) => line.split(":")[0] ?? "");
    expect(names.filter((name) => /^x-(?:camel|from|to|add|append)$/i.test(name)).sort()).toEqual([
      "X-ApPend",
      "X-ApPend",
      "X-Camel",
      "X-To",
      "X-aDD",
    ]);
  });

  it("replaces Host, and leaves it alone otherwise", async () => {
    const route = { preserve_host: true };
    const others = {
      remove: { headers: ["host"] },
      rename: { headers: ["Host:x-host", "x-a:host"] },
      add: { headers: ["host:a.test"] },
      append: { headers: ["HOST:b.test"] },
    };
    const kept = await transform({ config: others, route }, { headers: { "x-a": "c.test" } });
    expect(kept.arrived?.headers).toMatchObject({ host: "client.test", "x-a": "c.test" });
    const replaced = await transform({ config: { replace: { headers: ["Host:other.test"] } }, route });
    expect(replaced.arrived?.headers).toMatchObject({ host: "other.test" });
  });
});
