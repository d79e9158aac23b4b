import { describe, expect, it } from "vitest";
import { proxyTest } from "./support.js";

// proxying, "upstream path": service path, route path, strip_path, request, what arrives.
const table: readonly (readonly [string, string, boolean, string, string])[] = [
  ["", "/", true, "/", "/"],
  ["", "/", true, "/route/", "/route/"],
  ["", "/route", false, "/route/", "/route/"],
  ["", "/route", true, "/route", "/"],
  ["", "/route", true, "/route/", "/"],
  ["", "/route", true, "/routereq", "/req"],
  ["", "/route/", true, "/route/req", "/req"],
  ["/srv", "/rou", false, "/roureq", "/srv/roureq"],
  ["/srv", "/rou", true, "/roureq", "/srv/req"],
  ["/srv/", "/rou", false, "/rou", "/srv/rou"],
  ["/srv/", "/rou", true, "/rou", "/srv"],
  ["/service", "/", true, "/", "/service"],
  ["/service", "/", true, "/route", "/service/route"],
  ["/service", "/route", true, "/route/", "/service/"],
  ["/service", "/route", true, "/routereq", "/service/req"],
  ["/service/", "/route", true, "/routereq", "/service/req"],
  ["/service", "/route", true, "/route./req", "/service/req"],
  ["/service", "/route", true, "/route../req", "/service/req"],
  ["/service", "/route", true, "/route%2E/req", "/service/req"],
  ["/service", "/route", false, "/route%2e%2E/req", "/service/route../req"],
  ["", "~/users/\\d+/profile", true, "/users/123/profile/hello", "/hello"],
  ["", "~/users/\\d+/profile$", true, "/users/123/profile", "/"],
];

describe("the path that arrives", () => {
  it.each(table)("service %j, route %j, strip_path %s: %s is %s", async (servicePath, path, strip_path, requested, expected) => {
    await using t = await proxyTest({ servicePath, route: { paths: [path], strip_path } });
    const response = await t.gateway.request({ path: `${requested}?q=%20+a&b`, headers: { host: "x" } });
    expect([response.status, t.upstream.requests[0]?.url]).toEqual([200, `${expected}?q=%20+a&b`]);
  });

  it.each([
    ["/a%2Fb", "/a%2Fb"],
    ["/a%2fb", "/a%2Fb"],
    ["/%E4%BD%A0", "/%E4%BD%A0"],
    ["/a b".replace(" ", "%20"), "/a%20b"],
    ["/plus+sign", "/plus+sign"],
    ["/semi;colon=1", "/semi;colon=1"],
    ["/a/./b/../c", "/a/c"],
    ["/?", "/?"],
    ["/?a=%zz", "/?a=%zz"],
    ["/?a=b?c=/d", "/?a=b?c=/d"],
  ])("%s is %s", async (requested, expected) => {
    await using t = await proxyTest({ route: { paths: ["/"], strip_path: false } });
    const response = await t.gateway.request({ path: requested, headers: { host: "x" } });
    expect([response.status, t.upstream.requests[0]?.url]).toEqual([200, expected]);
  });

  it("starts below the mount point of an Express app", async () => {
    await using t = await proxyTest({ route: { paths: ["/v1"] } });
    const { default: express } = await import("express");
    const app = express();
    app.use("/mounted", t.gateway.gateway.handler);
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/mounted/v1/x?y`);
    expect(((await response.json()) as { url: string }).url).toBe("/x?y");
    server.closeAllConnections();
    server.close();
  });
});

describe("a route for https alone", () => {
  it("asks for https", async () => {
    await using t = await proxyTest({ route: { paths: ["/"], protocols: ["https"] } });
    const response = await t.gateway.request({ headers: { host: "x" } });
    expect(response.status).toBe(426);
    expect(response.headers).toMatchObject({ upgrade: "TLS/1.2, HTTP/1.1", connection: expect.stringMatching(/upgrade/i) });
    expect(JSON.parse(response.text)).toMatchObject({ message: "Please use HTTPS protocol" });
    expect(t.upstream.requests).toEqual([]);
  });

  it.each([301, 302, 307, 308])("redirects with %i where it says so", async (status) => {
    await using t = await proxyTest({ route: { paths: ["/"], protocols: ["https"], https_redirect_status_code: status } });
    const response = await t.gateway.request({ path: "/a%20b?c=d", headers: { host: "Shop.example:8000" } });
    expect([response.status, response.headers.location]).toEqual([status, "https://shop.example/a%20b?c=d"]);
  });

  it("believes a trusted peer that the client used https", async () => {
    const setup = { route: { paths: ["/"], protocols: ["https"] } };
    const headers = { host: "x", "x-forwarded-proto": "https" };
    await using trusting = await proxyTest({ ...setup, options: { trustedIps: ["127.0.0.0/8"] } });
    expect((await trusting.gateway.request({ headers })).status).toBe(200);
    await using wary = await proxyTest(setup);
    expect((await wary.gateway.request({ headers })).status).toBe(426);
  });
});

it("answers 415 and 426 on gRPC routes", async () => {
  await using t = await proxyTest({ route: { paths: ["/"], protocols: ["grpc", "grpcs"], strip_path: false } });
  const plain = await t.gateway.request({ headers: { host: "x" } });
  expect([plain.status, JSON.parse(plain.text).message]).toEqual([415, "Non-gRPC request matched gRPC route"]);
  const old = await t.gateway.request({
    method: "POST",
    headers: { host: "x", "content-type": "application/grpc", "content-length": "0" },
  });
  expect([old.status, old.headers.upgrade]).toEqual([426, "HTTP/2"]);
});

it.each([
  ["no route matches", { paths: ["/other"] }, {}, 404, "no Route matched with those values"],
  ["its service is disabled", { paths: ["/"] }, { enabled: false }, 404, "no Route matched with those values"],
])("answers %s when %s", async (_when, route, service, status, message) => {
  await using t = await proxyTest({ route, service: { ...service, routes: [{ name: "all", ...route }] } });
  const response = await t.gateway.request({ headers: { host: "x" } });
  expect(response.status).toBe(status);
  expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(response.text).toBe(`{\n  "message":"${message}",\n  "request_id":"${response.headers["x-kong-request-id"]}"\n}`);
});

it("answers 503 for a route without a service and without a host behind it", async () => {
  await using t = await proxyTest({ document: { services: [], routes: [{ name: "all", paths: ["/"] }] } });
  const response = await t.gateway.fetch("/");
  expect([response.status, await response.json()]).toMatchObject([503, { message: "no Service found with those values" }]);
});
