import { createGateway } from "postern";
import { describe, expect, it } from "vitest";
import type { RawResponse } from "../../support/raw-response.js";
import { testGateway } from "../../support/test-gateway.js";

async function ask(config: object, path = "/"): Promise<RawResponse> {
  await using gateway = await testGateway({
    config: { _format_version: "3.0", routes: [{ paths: ["/"], plugins: [{ name: "redirect", config }] }] },
  });
  return await gateway.request({ path, headers: { host: "x" } });
}

async function faultsOf(config: object): Promise<unknown> {
  try {
    await createGateway({ _format_version: "3.0", plugins: [{ name: "redirect", config }] } as never).close();
    return undefined;
  } catch (error) {
    return (error as { fields: { plugins: { config: unknown }[] } }).fields.plugins[0]?.config;
  }
}

const location = "https://example.com/some_path?foo=bar";

describe("redirect, configuration", () => {
  it.each([
    [{ location, status_code: "x" }, { status_code: "expected an integer" }],
    [{ location, status_code: 99 }, { status_code: "value should be between 100 and 599" }],
    [{ location, status_code: 600 }, { status_code: "value should be between 100 and 599" }],
    [{ location, status_code: null }, { status_code: "required field missing" }],
    [{}, { location: "required field missing" }],
    [{ location: null }, { location: "required field missing" }],
    [{ location: "/path" }, { location: "missing host in url" }],
    [{ location: "//host/path" }, { location: "missing scheme in url" }],
    [{ location, keep_incoming_path: "x" }, { keep_incoming_path: "expected a boolean" }],
    [{ location: "https://a.test/\r\nx-injected: 1" }, { location: "invalid value: https://a.test/\r\nx-injected: 1" }],
  ])("%j", async (config, faults) => {
    expect(await faultsOf(config)).toEqual(faults);
  });
});

describe("redirect", () => {
  it("answers 301 with the location", async () => {
    const { status, headers, text } = await ask({ location }, "/status/200?keep=this");
    expect([status, text]).toEqual([301, "redirecting"]);
    expect(headers).toMatchObject({ location, "content-length": "11" });
    expect(headers).not.toHaveProperty("content-type");
  });

  it("answers with the status that it is given", async () => {
    expect((await ask({ location, status_code: 308 })).status).toBe(308);
  });

  it.each([
    ["/status/200?keep=this", "https://example.com/status/200?keep=this"],
    ["/", "https://example.com/"],
    ["/a%20b/%C3%BC?x=%41+1", "https://example.com/a%20b/%C3%BC?x=%41+1"],
  ])("keeps the path and the query of %s", async (path, expected) => {
    expect((await ask({ location, keep_incoming_path: true }, path)).headers.location).toBe(expected);
  });

  it.each(["//evil.test/x", "/\\evil.test", "/..//evil.test", "/@evil.test", "/.evil.test", "http://evil.test/a"])(
    "goes to no other host for %s",
    async (path) => {
      const response = await ask({ location: "https://user@example.com:8443", keep_incoming_path: true }, path);
      expect(response.status).toBe(301);
      expect(new URL(String(response.headers.location)).host).toBe("example.com:8443");
    },
  );

  it("acts for one consumer", async () => {
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        routes: [{ paths: ["/"] }],
        plugins: [{ name: "key-auth" }, { name: "request-termination", config: { status_code: 200 } }],
        consumers: [
          { username: "alice", keyauth_credentials: [{ key: "a" }], plugins: [{ name: "redirect", config: { location } }] },
          { username: "bob", keyauth_credentials: [{ key: "b" }] },
        ],
      },
    });
    const ask = async (key: string): Promise<number> =>
      (await gateway.fetch("/", { headers: { apikey: key }, redirect: "manual" })).status;
    expect([await ask("a"), await ask("b")]).toEqual([301, 200]);
  });
});
