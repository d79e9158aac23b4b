import { describe, expect, it } from "vitest";
import { routes, routesFor } from "../../src/entities/routes.js";
import { type AnyRecord, complete, faults } from "../schema/support.js";

const entityFault = (text: string): object => ({ "@entity": [text] });
const snisText = "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'";

describe("routes", () => {
  it("have Kong's defaults", () => {
    expect(complete(routes, { id: "x", created_at: 1, paths: ["/"] })).toEqual({
      id: "x",
      created_at: 1,
      updated_at: 1_700_000_000,
      name: null,
      protocols: ["http", "https"],
      https_redirect_status_code: 426,
      strip_path: true,
      preserve_host: false,
      request_buffering: true,
      response_buffering: true,
      tags: null,
      service: null,
      snis: null,
      sources: null,
      destinations: null,
      methods: null,
      hosts: null,
      paths: ["/"],
      headers: null,
      regex_priority: 0,
      path_handling: "v0",
    });
  });

  it("strip no path where gRPC is carried", () => {
    expect(complete(routes, { protocols: ["grpc"], paths: ["/"] })).toMatchObject({ strip_path: false });
  });

  it.each<[AnyRecord, object]>([
    [{}, entityFault("must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'")],
    [{ protocols: ["http"] }, entityFault("must set one of 'methods', 'hosts', 'headers', 'paths' when 'protocols' is 'http'")],
    [
      { protocols: ["tcp", "udp"] },
      entityFault("must set one of 'sources', 'destinations', 'snis' when 'protocols' is 'tcp', 'tls' or 'udp'"),
    ],
    [{ protocols: ["tls_passthrough"] }, entityFault("must set snis when 'protocols' is 'tls_passthrough'")],
    [{ protocols: ["grpcs"] }, entityFault("must set one of 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'grpcs'")],
    [{ protocols: ["grpc"] }, entityFault("must set one of 'hosts', 'headers', 'paths' when 'protocols' is 'grpc'")],
    [{ headers: {} }, entityFault("must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'")],
    [{ protocols: null }, { protocols: "required field missing" }],
    [{ protocols: [] }, { protocols: "unknown type: nil" }],
    [{ protocols: ["ws"] }, { protocols: "unknown type: ws" }],
    [{ protocols: "http" }, { protocols: "expected a set" }],
    [
      { protocols: ["ws", "http"], paths: ["/"] },
      { protocols: ["expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp"] },
    ],
    [
      { protocols: ["http", "tcp"], paths: ["/"] },
      { protocols: "these sets are mutually exclusive: ('http', 'https'), ('tcp', 'tls', 'udp')" },
    ],
    [{ paths: ["/"], sources: [{ port: 1 }] }, { sources: "cannot set 'sources' when 'protocols' is 'http' or 'https'" }],
    [
      { protocols: ["tcp"], sources: [{ port: 1 }], paths: ["/"] },
      { paths: "cannot set 'paths' when 'protocols' is 'tcp', 'tls', 'tls_passthrough' or 'udp'" },
    ],
    [
      { protocols: ["grpc"], paths: ["/"], methods: ["GET"] },
      { methods: "cannot set 'methods' when 'protocols' is 'grpc' or 'grpcs'" },
    ],
    [
      { protocols: ["grpc"], paths: ["/"], strip_path: true },
      { strip_path: "cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'" },
    ],
    [
      { protocols: ["http"], paths: ["/"], snis: ["a.com"] },
      { ...entityFault(snisText), snis: "length must be 0" },
    ],
    [
      { paths: ["/"], headers: { Host: ["a"] } },
      { headers: "cannot contain 'host' header, which must be specified in the 'hosts' attribute" },
    ],
    [{ paths: ["/"], headers: { a: "x" } }, { headers: "expected an array" }],
    [
      { paths: ["/"], https_redirect_status_code: 300 },
      { https_redirect_status_code: "expected one of: 426, 301, 302, 307, 308" },
    ],
    [{ paths: ["/"], path_handling: "v2" }, { path_handling: "expected one of: v0, v1" }],
    [{ paths: ["/"], workflows: 1 }, { workflows: "unknown field" }],
    [{ paths: ["/"], expression: "x" }, { expression: "unknown field" }],
    [{ paths: ["/"], service: "orders" }, { service: { id: "missing primary key" } }],
  ])("refuse %j", (input, found) => {
    expect(faults(routes, input)).toEqual(found);
  });

  it.each<[AnyRecord]>([
    [{ protocols: ["https"], snis: ["*.a.com"] }],
    [{ protocols: ["tls_passthrough"], snis: ["a.com"] }],
    [{ protocols: ["udp"], destinations: [{ ip: "10.0.0.0/8", port: 53 }] }],
    [{ protocols: ["http"], paths: ["/"], snis: [] }],
    [{ headers: { a: [] } }],
    [{ protocols: ["grpc", "grpcs"], hosts: ["a.com"] }],
    [{ paths: ["/"], regex_priority: -5, service: { id: "00000000-0000-4000-8000-000000000000" } }],
  ])("take %j", (input) => {
    expect(faults(routes, input)).toBeUndefined();
  });
});

describe("routes of other flavors", () => {
  const failed = "Router Expression failed validation: ";
  const list = "'methods', 'hosts', 'paths', 'headers', 'snis', 'sources' or 'destinations'";

  it("have no wildcards in server names under `traditional`", () => {
    expect(faults(routesFor("traditional"), { snis: ["*.a.com"] })).toEqual({ snis: ["invalid value: *.a.com"] });
    expect(routesFor("traditional_compatible")).toBe(routes);
  });

  it.each<[AnyRecord, object | undefined]>([
    [{ expression: 'http.path == "/"' }, undefined],
    [{ paths: ["/"], sources: [{ port: 1 }] }, undefined],
    [
      { protocols: ["http"], sources: [{ port: 1 }] },
      entityFault("must set one of 'methods', 'hosts', 'headers', 'paths', 'expression' when 'protocols' is 'http'"),
    ],
    [{ expression: "x", paths: ["/"] }, entityFault(`${failed}cannot set 'expression' with ${list} simultaneously`)],
    [
      { expression: "x", regex_priority: 1 },
      entityFault(`${failed}cannot set 'regex_priority' with 'expression' simultaneously`),
    ],
    [{ paths: ["/"], priority: 1 }, entityFault(`${failed}cannot set 'priority' with ${list} simultaneously`)],
    [{ expression: "x", priority: 2 ** 46 }, { priority: "value should be between 0 and 70368744177663" }],
  ])("under `expressions`: %j", (input, found) => {
    expect(faults(routesFor("expressions"), input)).toEqual(found);
  });
});
