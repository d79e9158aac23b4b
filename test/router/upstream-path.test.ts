import { describe, expect, it } from "vitest";
import { forwardedPrefix, upstreamPath } from "../../src/router/upstream-path.js";
import { request, routerOf } from "./support.js";

/** The upstream path for a request through a route with that single path (`-`: a host only). */
function through(servicePath: string | null, routePath: string, strip: boolean, target: string): string {
  const router = routerOf({ it: routePath === "-" ? { hosts: ["a.com"] } : { paths: [routePath] } });
  const match = router.match(request({ target, host: "a.com" }));
  if (match === undefined) throw new Error("no route matched");
  return upstreamPath(match, servicePath, strip);
}

describe("upstreamPath", () => {
  it.each([
    ["/", "/", "any", "/", "/"],
    ["/", "/", "any", "/route/", "/route/"],
    ["/", "/route", false, "/route/", "/route/"],
    ["/", "/route", true, "/route", "/"],
    ["/", "/route", true, "/route/", "/"],
    ["/", "/route", true, "/routereq", "/req"],
    ["/", "/route/", true, "/route/req", "/req"],
    ["/srv", "/rou", false, "/roureq", "/srv/roureq"],
    ["/srv", "/rou", true, "/roureq", "/srv/req"],
    ["/srv/", "/rou", false, "/rou", "/srv/rou"],
    ["/srv/", "/rou", true, "/rou", "/srv"],
    ["/service", "/", "any", "/", "/service"],
    ["/service", "/", "any", "/route", "/service/route"],
    ["/service", "/route", false, "/route", "/service/route"],
    ["/service", "/route", true, "/route", "/service"],
    ["/service", "/route", true, "/route/", "/service/"],
    ["/service", "/route", true, "/routereq", "/service/req"],
    ["/service", "/route/", true, "/route/", "/service/"],
    ["/service", "/route/", true, "/route/req", "/service/req"],
    ["/service/", "/", "any", "/", "/service/"],
    ["/service/", "/", "any", "/route", "/service/route"],
    ["/service/", "/route", true, "/route", "/service"],
    ["/service/", "/route", true, "/route/", "/service/"],
    ["/service/", "/route", true, "/routereq", "/service/req"],
    ["/service", "-", "any", "/", "/service"],
    ["/service", "-", "any", "/route/", "/service/route/"],
    ["/service/", "-", "any", "/", "/service/"],
    ["/service", "/route", true, "/route./req", "/service/req"],
    ["/service", "/route", true, "/route../req", "/service/req"],
    ["/service", "/route", true, "/route%2E/req", "/service/req"],
    ["/service", "/route", false, "/route%2e%2E/req", "/service/route../req"],
    ["/service", "/route", true, "/route..", "/service"],
    ["/service", "/route", true, "/route.", "/service"],
    ["/service", "/route", true, "/route.x", "/service/.x"],
    ["/", "~/users/\\d+/profile", true, "/users/123/profile/hello", "/hello"],
    ["/", "~/(?<v>v\\d)", true, "/v1/hello", "/hello"],
    [null, "/route", true, "/route/req", "/req"],
    [null, "/route", false, "/route/req", "/route/req"],
    ["/s p", "/", true, "/a%20b%2fc/%C3%B8", "/s%20p/a%20b%2Fc/%C3%B8"],
  ] as const)("service %s, route %s, strip_path %s: %s → %s", (servicePath, routePath, strip, target, expected) => {
    for (const one of strip === "any" ? [true, false] : [strip]) {
      expect(through(servicePath, routePath, one, target)).toBe(expected);
    }
  });
});

describe("forwardedPrefix", () => {
  it.each([
    ["/route", true, "/route"],
    ["/route", false, undefined],
    ["/", true, undefined],
    ["", true, undefined],
    ["/a b\r\nx: ø", true, "/a%20b%0D%0Ax:%20%C3%B8"],
  ])("prefix %j, strip_path %s → %s", (prefix, strip, expected) => {
    expect(forwardedPrefix({ prefix }, strip)).toBe(expected);
  });
});
