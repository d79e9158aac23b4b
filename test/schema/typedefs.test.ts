import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Field } from "../../src/schema/field.js";
import {
  certificate,
  key,
  name,
  noForeign,
  port,
  semanticVersion,
  tag,
  timeout,
  ttl,
  utf8Name,
  uuid,
} from "../../src/schema/typedefs.js";
import {
  cidrV4,
  cookieName,
  headerName,
  headers,
  host,
  hostWithOptionalPort,
  httpMethod,
  ip,
  ipOrCidr,
  path,
  protocol,
  protocols,
  protocolsHttp,
  routeHosts,
  routerPath,
  sni,
  sources,
  url,
  wildcardHost,
} from "../../src/schema/typedefs-http.js";
import { propagation, queue, redis } from "../../src/schema/typedefs-records.js";
import { complete, entity, faultOf } from "./support.js";

const cookieText =
  'contains one or more invalid characters. ASCII control characters (0-31;127), space, tab and the characters ()<>@,;:\\"/?={}[] are not allowed.';
const pathText = (value: string): string =>
  `invalid path: '${value}' (characters outside of the reserved list of RFC 3986 found)`;

describe("refused values", () => {
  it.each<[type: string, field: Field, value: unknown, fault: unknown]>([
    ["uuid", uuid(), "nope", "expected a valid UUID"],
    ["port", port(), 65536, "value should be between 0 and 65535"],
    ["timeout", timeout(), -1, "value should be between 0 and 2147483646"],
    ["ttl", ttl(), 1e9, "value should be between 0 and 100000000"],
    ["name", name(), "a b", "invalid value 'a b': it must only contain alphanumeric and '., -, _, ~' characters"],
    ["utf8Name", utf8Name(), "é!", "invalid value 'é!': the only accepted ascii characters are alphanumerics or ., -, _, and ~"],
    ["utf8Name", utf8Name(), "é\ud800", "invalid utf-8 character sequence detected at position 3"],
    ["tag", tag(), "a/b", "invalid tag 'a/b': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"],
    ["tag", tag(), "a\tb", "invalid tag 'a\tb': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"],
    ["semanticVersion", semanticVersion(), "1..2", "must not have empty version segments"],
    ["semanticVersion", semanticVersion(), "v1", "invalid version number: must be in format of X.Y.Z"],
    ["noForeign", noForeign("consumers"), { id: "x" }, "value must be null"],
    ["host", host(), "a b", "invalid value: a b"],
    ["host", host(), "a:80", "must not have a port"],
    ["host", host(), "a:99999", "must not have a port"],
    ["host", host(), "300.1.1.1", "invalid value: 300.1.1.1"],
    ["hostWithOptionalPort", hostWithOptionalPort(), "a..b", "invalid hostname: a..b"],
    ["hostWithOptionalPort", hostWithOptionalPort(), "1.2.3", "invalid ipv4 address: 1.2.3"],
    ["hostWithOptionalPort", hostWithOptionalPort(), "[::g]", "invalid ipv6 address: [::g]"],
    ["hostWithOptionalPort", hostWithOptionalPort(), "a:99999", "invalid port number"],
    ["sni", sni(), "1.2.3.4", "must not be an IP"],
    ["sni", sni(), "a:1", "must not have a port"],
    ["sni", sni(), "*.a.com", "invalid value: *.a.com"],
    ["wildcardHost", wildcardHost(), "a.*.com", "wildcard must be leftmost or rightmost character"],
    ["wildcardHost", wildcardHost(), "*.a.*", "only one wildcard must be specified"],
    ["wildcardHost", wildcardHost(), "*.a b", "invalid value: *.a b"],
    ["ip", ip(), "01.2.3.4", "not an ip address: 01.2.3.4"],
    ["ip", ip(), "fe80::1%eth0", "not an ip address: fe80::1%eth0"],
    ["ipOrCidr", ipOrCidr(), "10.0.0.0/33", "invalid ip or cidr range: '10.0.0.0/33'"],
    ["ipOrCidr", ipOrCidr(), "10.0.0.0/08", "invalid ip or cidr range: '10.0.0.0/08'"],
    ["cidrV4", cidrV4(), "::/0", "invalid ipv4 cidr range: '::/0'"],
    ["path", path(), "a", "should start with: /"],
    ["path", path(), "/a//b", "must not have empty segments"],
    ["path", path(), "/a b", pathText("/a b")],
    ["path", path(), "/%zz/x", "invalid url-encoded value: '%zz'"],
    ["path", path(), "/%4", "invalid url-encoded value: '%4'"],
    ["path", path(), "", "length must be at least 1"],
    ["routerPath", routerPath(), "a", "should start with: / (fixed path) or ~/ (regex path)"],
    ["routerPath", routerPath(), "~/a//b", "must not have empty segments"],
    ["routerPath", routerPath(), "/%4x", "invalid url-encoded value: '%4x'"],
    ["routerPath", routerPath(), "/a/../b", "non-normalized path, consider use '/b' instead"],
    ["routerPath", routerPath(), "/a%20b", "non-normalized path, consider use '/a b' instead"],
    ["routerPath", routerPath(), "~/(a", "invalid regex: '/(a' (PCRE returned: unterminated group)"],
    ["routeHosts", routeHosts(), ["a", "*.*"], [null, "invalid wildcard: must have at most one wildcard"]],
    ["routeHosts", routeHosts(), ["*"], ["invalid wildcard: must be placed at leftmost or rightmost label"]],
    ["routeHosts", routeHosts(), ["a.*:80"], ["invalid wildcard: must be placed at leftmost or rightmost label"]],
    ["routeHosts", routeHosts(), ["a b"], ["invalid hostname: a b"]],
    ["url", url(), "foo.com", "missing host in url"],
    ["url", url(), "//foo.com", "missing scheme in url"],
    ["headerName", headerName(), "a b", "bad header name 'a b', allowed characters are A-Z, a-z, 0-9, '_', and '-'"],
    ["headers", headers(), { "a:b": ["x"] }, "bad header name 'a:b', allowed characters are A-Z, a-z, 0-9, '_', and '-'"],
    ["headers", headers(), { a: [""] }, ["length must be at least 1"]],
    ["cookieName", cookieName(), "a=b", cookieText],
    ["cookieName", cookieName(), "é", cookieText],
    ["httpMethod", httpMethod(), "M-SEARCH", "invalid value: M-SEARCH"],
    ["httpMethod", httpMethod(), "get", "invalid value: get"],
    ["protocol", protocol(), "ws", "expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp"],
    ["protocolsHttp", protocolsHttp(), ["tcp"], ["expected one of: grpc, grpcs, http, https"]],
    ["sources", sources(), [{}], [{ "@entity": ["at least one of these fields must be non-empty: 'ip', 'port'"] }]],
    ["queue", queue(), { initial_retry_delay: 0 }, { initial_retry_delay: "value should be between 0 and 1000000" }],
    ["queue", queue(), { concurrency_limit: 2 }, { concurrency_limit: "expected one of: -1, 1" }],
    ["redis", redis(), { host: "a:1" }, { host: "must not have a port" }],
    [
      "propagation",
      propagation("w3c"),
      { extract: ["preserve"] },
      { extract: [expect.stringMatching(/^expected one of: w3c, b3, jaeger/)] },
    ],
    ["certificate", certificate(), "nope", expect.stringMatching(/^invalid certificate: ./)],
    ["key", key(), "nope", expect.stringMatching(/^invalid key: ./)],
  ])("%s %#", (_type, field, value, fault) => {
    expect(faultOf(field, value)).toEqual(fault);
  });
});

describe("accepted values", () => {
  it.each<[type: string, field: Field, values: readonly unknown[]]>([
    ["utf8Name", utf8Name(), ["é-1", "日本語", "a.b_c~d"]],
    ["tag", tag(), ["with spaces", "é", "a:b=c"]],
    ["host", host(), ["a.", "-a", "a_b.c", "::1", "[::1]", "010.0.0.1"]],
    ["hostWithOptionalPort", hostWithOptionalPort(), ["a:1", "1.2.3.4:65535", "[::1]:80", "::1"]],
    ["sni", sni(), ["a.com", "a.com."]],
    ["wildcardHost", wildcardHost(), ["*", "*.a.com", "*a.com", "a.*"]],
    ["ip", ip(), ["1.2.3.4", "::1", "[::1]"]],
    ["ipOrCidr", ipOrCidr(), ["1.2.3.4/0", "1.2.3.4/32", "::/128"]],
    ["cidrV4", cidrV4(), ["1.2.3.4", "10.0.0.0/8"]],
    ["path", path(), ["/", "/a/../b", "/%C3%a9", "/a:@!$&'()*+,;=~"]],
    [
      "routerPath",
      routerPath(),
      ["/", "/a b", "/é", "/{id}", "/a?", "/a/", "/%2F", "~/a/(?<id>\\d+)$", "~/(?i)x|(?P<n>y)", "/.well-known"],
    ],
    ["routeHosts", routeHosts(), [["*.a.com:80", "1.2.3.4", "[::1]:80", "a.*", "a:80"]]],
    ["url", url(), ["http://a", "x://a:99999/ b"]],
    ["cookieName", cookieName(), ["a_b", "__Host-x", "a!#$%&'*+-.^`|~"]],
    ["semanticVersion", semanticVersion(), ["1", "1.2", "1.2.3-beta"]],
  ])("%s", (_type, field, values) => {
    for (const value of values) expect([value, faultOf(field, value)]).toEqual([value, undefined]);
  });

  it("take real keys", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(faultOf(key(), privateKey.export({ type: "pkcs8", format: "pem" }))).toBeUndefined();
    expect(faultOf(key(), publicKey.export({ type: "spki", format: "pem" }))).toBeUndefined();
  });
});

describe("defaults", () => {
  it("of records", () => {
    expect(complete(entity({ queue: queue(), redis: redis(), propagation: propagation("b3") }), {})).toMatchObject({
      queue: {
        max_batch_size: 1,
        max_coalescing_delay: 1,
        max_entries: 10_000,
        max_bytes: null,
        max_retry_time: 60,
        initial_retry_delay: 0.01,
        max_retry_delay: 60,
        concurrency_limit: 1,
      },
      redis: {
        host: null,
        port: 6379,
        timeout: 2000,
        username: null,
        password: null,
        database: 0,
        ssl: false,
        ssl_verify: false,
        server_name: null,
      },
      propagation: { extract: null, clear: null, inject: null, default_format: "b3" },
    });
  });

  it("of protocols", () => {
    expect(complete(entity({ p: protocols() }), {})).toMatchObject({ p: ["grpc", "grpcs", "http", "https"] });
  });

  it("give way to the caller's", () => {
    expect(complete(entity({ p: protocols({ default: ["http"] }), t: port({ default: 1 }) }), {})).toMatchObject({
      p: ["http"],
      t: 1,
    });
  });
});
