import { readFileSync } from "node:fs";
import type { AnyPlugin, Pdk } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPlugin } from "../../src/testing/index.js";
import { probe } from "../gateway/support.js";

const phases = ["rewrite", "access", "response", "header_filter", "body_filter", "log"] as const;
type Phase = (typeof phases)[number];

// The sets of phases of Kong's PDK, as far as plugins have them.
const ANY = phases;
const RAH: readonly Phase[] = ["rewrite", "access", "response", "header_filter"];
const LATE: readonly Phase[] = ["response", "header_filter", "body_filter", "log"];
const AL: readonly Phase[] = ["access", ...LATE];
const AR: readonly Phase[] = ["rewrite", "access"];
const BODY: readonly Phase[] = ["rewrite", "access", "response"];
const TLS: readonly Phase[] = ["rewrite", "access", "response", "log"];
const ACCESS: readonly Phase[] = ["access"];
const LOG: readonly Phase[] = ["log"];

/** Every function of Kong's PDK: where it may be called, and arguments with which it does nothing that the next one would notice. */
const functions: Readonly<Record<string, readonly [readonly Phase[], ...unknown[]]>> = {
  "client.get_ip": [ANY],
  "client.get_forwarded_ip": [ANY],
  "client.get_port": [ANY],
  "client.get_forwarded_port": [ANY],
  "client.get_credential": [AL],
  "client.load_consumer": [AL, "00000000-0000-0000-0000-000000000000"],
  "client.get_consumer": [AL],
  "client.authenticate": [ACCESS, null, null],
  "client.get_protocol": [AL],
  "client.tls.get_full_client_certificate_chain": [TLS],
  "client.tls.set_client_verify": [TLS, "SUCCESS"],
  "request.get_scheme": [ANY],
  "request.get_host": [ANY],
  "request.get_port": [ANY],
  "request.get_forwarded_scheme": [ANY],
  "request.get_forwarded_host": [ANY],
  "request.get_forwarded_port": [ANY],
  "request.get_forwarded_path": [ANY],
  "request.get_forwarded_prefix": [ANY],
  "request.get_http_version": [ANY],
  "request.get_method": [ANY],
  "request.get_path": [ANY],
  "request.get_raw_path": [ANY],
  "request.get_path_with_query": [ANY],
  "request.get_raw_query": [ANY],
  "request.get_query_arg": [ANY, "a"],
  "request.get_query": [ANY],
  "request.get_header": [ANY, "a"],
  "request.get_headers": [ANY],
  "request.get_raw_body": [BODY],
  "request.get_body": [BODY],
  "request.get_start_time": [ANY],
  "request.get_uri_captures": [ANY],
  "response.get_status": [LATE],
  "response.get_header": [LATE, "a"],
  "response.get_headers": [LATE],
  "response.get_source": [LATE],
  "response.set_status": [RAH, 200],
  "response.set_header": [RAH, "X-A", "1"],
  "response.add_header": [RAH, "X-A", "1"],
  "response.clear_header": [RAH, "X-A"],
  "response.set_headers": [RAH, {}],
  "response.get_raw_body": [["body_filter"]],
  "response.set_raw_body": [["body_filter"], 42],
  "response.exit": [RAH, 99],
  "response.error": [RAH, 99],
  "service.set_upstream": [ACCESS, "none"],
  "service.set_target": [AR, 42, 80],
  "service.set_target_retry_callback": [ACCESS, 42],
  "service.set_retries": [ACCESS, -1],
  "service.set_timeouts": [ACCESS, 0, 0, 0],
  "service.set_tls_cert_key": [AR, "", ""],
  "service.set_tls_verify": [AR, true],
  "service.set_tls_verify_store": [AR, ""],
  "service.request.enable_buffering": [AR],
  "service.request.set_scheme": [AR, "none"],
  "service.request.set_path": [AR, "none"],
  "service.request.set_raw_query": [AR, ""],
  "service.request.set_method": [AR, "NONE"],
  "service.request.set_query": [AR, {}],
  "service.request.clear_query_arg": [AR, "a"],
  "service.request.set_header": [AR, "X-A", "1"],
  "service.request.add_header": [AR, "X-A", "1"],
  "service.request.clear_header": [AR, "X-A"],
  "service.request.set_headers": [AR, {}],
  "service.request.set_raw_body": [AR, 42],
  "service.request.set_body": [AR, {}, "none/none"],
  "service.response.get_status": [LATE],
  "service.response.get_headers": [LATE],
  "service.response.get_header": [LATE, "a"],
  "service.response.get_raw_body": [LATE],
  "service.response.get_body": [LATE],
  "router.get_route": [AL],
  "router.get_service": [AL],
  "plugin.get_id": [ANY],
  "node.get_id": [ANY],
  "node.get_hostname": [ANY],
  "cluster.get_id": [ANY],
  "ip.is_trusted": [ANY, "127.0.0.1"],
  "log.debug": [ANY, ""],
  "log.info": [ANY, ""],
  "log.notice": [ANY, ""],
  "log.warn": [ANY, ""],
  "log.err": [ANY, ""],
  "log.crit": [ANY, ""],
  "log.alert": [ANY, ""],
  "log.emerg": [ANY, ""],
  "log.deprecation": [ANY, ""],
  "log.new": [ANY, "space"],
  "log.set_serialize_value": [ANY, "a", 1],
  "log.serialize": [LOG],
  "vault.is_reference": [ANY, ""],
  "vault.parse_reference": [ANY, ""],
  "vault.get": [ANY, ""],
  "vault.update": [ANY, {}],
  "vault.try": [ANY, () => true, {}],
  "cache.get": [ANY, "key", {}, () => 1],
  "cache.renew": [ANY, "key", {}, () => 1],
  "cache.probe": [ANY, "key"],
  "cache.invalidate": [ANY, "key"],
  "cache.purge": [ANY],
};

/** Those of Kong that the page says are not there. */
const left = [
  "kong.client.tls.request_client_certificate",
  "disable_session_reuse",
  "kong.service.set_tls_verify_depth",
  "kong.service.request.disable_tls",
  "enable_tls",
  "kong.nginx.get_subsystem",
  "kong.nginx.get_statistics",
  "kong.node.get_memory_stats",
  "kong.configuration",
  "kong.table",
  "kong.log.inspect",
  "kong.log.set_format",
  "kong.tracing",
  "kong.telemetry",
  "kong.dns",
  "kong.timer",
  "kong.worker_events",
  "kong.cluster_events",
  "kong.cache:get_bulk",
  "safe_set",
  "invalidate_local",
  "kong.vault.flush",
  "warmup",
  "kong.version_num",
];

/** The function, bound to what it belongs to, under its name here. */
function functionOf(pdk: Pdk, name: string): ((...args: readonly unknown[]) => unknown) | undefined {
  const parts = name.split(".").map((part) => part.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
  const last = parts.pop() as string;
  let owner: unknown = pdk;
  for (const part of parts) owner = (owner as Record<string, unknown>)[part];
  const found = (owner as Record<string, unknown>)[last];
  return typeof found === "function" ? (found.bind(owner) as never) : undefined;
}

/** What each function has said to being called in each phase: the phase error, or nothing. */
const refused = new Map<string, string>();
const missing = new Set<string>();
const running: Promise<unknown>[] = [];

function callAll(phase: Phase, pdk: Pdk): void {
  for (const [name, [, ...args]] of Object.entries(functions)) {
    const note = (error: unknown): void => {
      if (error instanceof Error && error.message.startsWith("function cannot be called in"))
        refused.set(`${name} ${phase}`, error.message);
    };
    const call = functionOf(pdk, name);
    if (call === undefined) missing.add(name);
    try {
      running.push(Promise.resolve(call?.(...args)).catch(note));
    } catch (error) {
      note(error);
    }
  }
}

const call = (phase: Phase) => (pdk: unknown) => callAll(phase, pdk as Pdk);
const streamed: AnyPlugin = probe("streamed", {
  rewrite: call("rewrite"),
  access: call("access"),
  headerFilter: call("header_filter"),
  bodyFilter: (pdk) => call("body_filter")(pdk),
  log: call("log"),
});
const buffered: AnyPlugin = probe("buffered", { response: call("response") });

beforeAll(async () => {
  await runPlugin(streamed);
  await runPlugin(buffered);
  await Promise.all(running);
});
afterAll(() => refused.clear());

it("has every function of Kong's PDK", () => {
  expect([...missing]).toEqual([]);
});

it.each(left)("lacks %s, and the page on compatibility says why", (name) => {
  const page = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");
  const [, section = ""] = page.split("## PDK functions that are not there");
  expect(section.split("\n## ")[0]).toContain(`${name}\``);
});

describe.each(phases)("in %s", (phase) => {
  it.each(Object.entries(functions))("%s may be called just where Kong allows it", (name, [allowed]) => {
    const answer = refused.get(`${name} ${phase}`);
    if (allowed.includes(phase)) expect(answer).toBeUndefined();
    else expect(answer).toMatch(new RegExp(`^function cannot be called in ${phase} phase \\(only in: .+\\)$`));
  });
});
