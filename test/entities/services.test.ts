import { describe, expect, it } from "vitest";
import { services } from "../../src/entities/services.js";
import { complete, faults } from "../schema/support.js";

const conditional = "failed conditional validation given value of field 'protocol'";

describe("services", () => {
  it("have Kong's defaults", () => {
    expect(complete(services, { id: "x", host: "h", created_at: 1 })).toEqual({
      id: "x",
      created_at: 1,
      updated_at: 1_700_000_000,
      name: null,
      retries: 5,
      protocol: "http",
      host: "h",
      port: 80,
      path: null,
      connect_timeout: 60_000,
      write_timeout: 60_000,
      read_timeout: 60_000,
      tags: null,
      client_certificate: null,
      tls_verify: null,
      tls_verify_depth: null,
      ca_certificates: null,
      enabled: true,
    });
  });

  it.each([
    ["tcp", { path: "/x" }, "path"],
    ["grpc", { path: "/x" }, "path"],
    ["http", { client_certificate: { id: "00000000-0000-4000-8000-000000000000" } }, "client_certificate"],
    ["http", { tls_verify: false }, "tls_verify"],
    ["grpcs", { tls_verify_depth: 1 }, "tls_verify_depth"],
    ["http", { ca_certificates: [] }, "ca_certificates"],
  ])("of protocol %s refuse %j", (protocol, input, field) => {
    expect(faults(services, { host: "h", protocol, ...input })).toEqual({
      "@entity": [conditional],
      [field]: "value must be null",
    });
  });

  it.each([
    ["tls_passthrough", { path: "/x" }],
    ["https", { tls_verify: true, tls_verify_depth: 2, ca_certificates: ["00000000-0000-4000-8000-000000000000"], path: "/" }],
    ["tls", { tls_verify: false }],
  ])("of protocol %s take %j", (protocol, input) => {
    expect(faults(services, { host: "h", protocol, ...input })).toBeUndefined();
  });

  it.each([
    [{ retries: 32_768 }, { retries: "value should be between 0 and 32767" }],
    [{ connect_timeout: 0 }, { connect_timeout: "value should be between 1 and 2147483646" }],
    [{ port: null }, { port: "required field missing" }],
    [{ send_timeout: 1 }, { send_timeout: "unknown field" }],
    [{ unknown: null }, { unknown: "unknown field" }],
    [{ ttl: 1 }, { ttl: "unknown field" }],
    [{ ca_certificates: ["x"], protocol: "https" }, { ca_certificates: ["expected a valid UUID"] }],
  ])("refuse %j", (input, found) => {
    expect(faults(services, { host: "h", ...input })).toEqual(found);
  });

  it("never mind what updated_at was given", () => {
    expect(faults(services, { host: "h", updated_at: "yesterday" })).toBeUndefined();
    expect(faults(services, { host: "h", created_at: "yesterday" })).toEqual({ created_at: "expected an integer" });
  });
});

describe("the url of a service", () => {
  it.each([
    ["http://foo.com", { protocol: "http", host: "foo.com", port: 80, path: null }],
    ["https://foo.com/bar?q=1#f", { protocol: "https", host: "foo.com", port: 443, path: "/bar" }],
    ["grpc://u:p@foo.com:9000", { protocol: "grpc", host: "foo.com", port: 9000, path: null }],
    ["tcp://foo.com", { protocol: "tcp", host: "foo.com", port: 80, path: null }],
    ["http://[::1]:8000/x;y", { protocol: "http", host: "::1", port: 8000, path: "/x" }],
    ["//foo.com:443/", { protocol: "https", host: "foo.com", port: 443, path: "/" }],
    ["//foo.com:80", { protocol: "http", host: "foo.com", port: 80, path: null }],
  ])("%s", (url, parts) => {
    expect(complete(services, { url })).toMatchObject(parts);
    expect(complete(services, { url })).not.toHaveProperty("url");
  });

  it("wins over the fields beside it", () => {
    expect(complete(services, { url: "http://a", host: "b", port: 1, path: "/c", protocol: "tcp" })).toMatchObject({
      protocol: "http",
      host: "a",
      port: 80,
      path: null,
    });
  });

  it.each([
    ["foo.com", { host: "required field missing", path: "should start with: /" }],
    ["", { url: "length must be at least 1", host: "required field missing" }],
    [5, { url: "expected a string", host: "required field missing" }],
    ["http://foo.com:abc", { port: "expected an integer" }],
    ["http://foo.com:99999", { port: "value should be between 0 and 65535" }],
    [null, { host: "required field missing" }],
  ])("%j is refused", (url, found) => {
    expect(faults(services, { url })).toEqual(found);
  });

  it("of which only the host is there", () => {
    expect(faults(services, { url: "foo.com:80" })).toEqual({
      protocol: "expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp",
      host: "required field missing",
      path: "should start with: /",
    });
  });

  it("clears the path on update", () => {
    expect(complete(services, { url: "http://a" }, "update")).toMatchObject({ path: null });
  });
});
