import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveGateway, live } from "../admin/live.js";

// What each plugin's configuration is when only what must be given is given: the tables of Kong's schemas, as clients of the Admin API
// see them.

const redis = {
  host: null,
  port: 6379,
  timeout: 2000,
  username: null,
  password: null,
  database: 0,
  ssl: false,
  ssl_verify: false,
  server_name: null,
};

/** Deprecated names, which reads show as well. */
const oldRedis = {
  redis_host: null,
  redis_port: 6379,
  redis_timeout: 2000,
  redis_username: null,
  redis_password: null,
  redis_database: 0,
  redis_ssl: false,
  redis_ssl_verify: false,
  redis_server_name: null,
};

const lists = { body: [], headers: [], querystring: [] };
const typedLists = { json: [], json_types: [], headers: [] };

interface Row {
  readonly given?: object;
  readonly config: object;
}

const rows: Readonly<Record<string, Row>> = {
  "key-auth": {
    config: {
      key_names: ["apikey"],
      hide_credentials: false,
      anonymous: null,
      key_in_header: true,
      key_in_query: true,
      key_in_body: false,
      run_on_preflight: true,
      realm: null,
    },
  },
  "basic-auth": { config: { anonymous: null, hide_credentials: false, realm: "service" } },
  jwt: {
    config: {
      uri_param_names: ["jwt"],
      cookie_names: [],
      header_names: ["authorization"],
      key_claim_name: "iss",
      secret_is_base64: false,
      claims_to_verify: null,
      anonymous: null,
      run_on_preflight: true,
      maximum_expiration: 0,
      realm: null,
    },
  },
  "hmac-auth": {
    config: {
      hide_credentials: false,
      clock_skew: 300,
      anonymous: null,
      validate_request_body: false,
      enforce_headers: [],
      algorithms: ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"],
      realm: null,
    },
  },
  acl: {
    given: { allow: ["a"] },
    config: { allow: ["a"], deny: null, hide_groups_header: false, always_use_authenticated_groups: false },
  },
  session: {
    config: {
      secret: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      storage: "cookie",
      audience: "default",
      idling_timeout: 900,
      rolling_timeout: 3600,
      absolute_timeout: 86_400,
      stale_ttl: 10,
      cookie_name: "session",
      cookie_path: "/",
      cookie_domain: null,
      cookie_same_site: "Strict",
      cookie_http_only: true,
      cookie_secure: true,
      remember: false,
      remember_cookie_name: "remember",
      remember_rolling_timeout: 604_800,
      remember_absolute_timeout: 2_592_000,
      response_headers: null,
      request_headers: null,
      read_body_for_logout: false,
      logout_methods: ["POST", "DELETE"],
      logout_query_arg: "session_logout",
      logout_post_arg: "session_logout",
      hash_subject: false,
      store_metadata: false,
    },
  },
  "rate-limiting": {
    given: { second: 5 },
    config: {
      second: 5,
      minute: null,
      hour: null,
      day: null,
      month: null,
      year: null,
      limit_by: "consumer",
      header_name: null,
      path: null,
      policy: "local",
      fault_tolerant: true,
      redis,
      ...oldRedis,
      hide_client_headers: false,
      error_code: 429,
      error_message: "API rate limit exceeded",
      sync_rate: -1,
    },
  },
  "response-ratelimiting": {
    given: { limits: { video: { minute: 1 } } },
    config: {
      header_name: "x-kong-limit",
      limit_by: "consumer",
      policy: "local",
      fault_tolerant: true,
      redis,
      ...oldRedis,
      block_on_first_violation: false,
      hide_client_headers: false,
      limits: { video: { second: null, minute: 1, hour: null, day: null, month: null, year: null } },
    },
  },
  "request-size-limiting": {
    config: { allowed_payload_size: 128, size_unit: "megabytes", require_content_length: false },
  },
  "request-termination": {
    config: { status_code: 503, message: null, content_type: null, body: null, echo: false, trigger: null },
  },
  "ip-restriction": {
    given: { deny: ["10.0.0.1"] },
    config: { allow: null, deny: ["10.0.0.1"], status: null, message: null },
  },
  "bot-detection": { config: { allow: [], deny: [] } },
  "proxy-cache": {
    given: { strategy: "memory" },
    config: {
      response_code: [200, 301, 404],
      request_method: ["GET", "HEAD"],
      content_type: ["text/plain", "application/json"],
      cache_ttl: 300,
      strategy: "memory",
      cache_control: false,
      ignore_uri_case: false,
      storage_ttl: null,
      memory: { dictionary_name: "kong_db_cache" },
      vary_query_params: null,
      vary_headers: null,
      response_headers: { age: true, "X-Cache-Status": true, "X-Cache-Key": true },
    },
  },
  redirect: {
    given: { location: "https://a.test" },
    config: { status_code: 301, location: "https://a.test", keep_incoming_path: false },
  },
  cors: {
    config: {
      origins: null,
      headers: null,
      exposed_headers: null,
      methods: ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"],
      max_age: null,
      credentials: false,
      private_network: false,
      preflight_continue: false,
      allow_origin_absent: true,
    },
  },
  "correlation-id": {
    config: { header_name: "Kong-Request-ID", generator: "uuid#counter", echo_downstream: false },
  },
  "request-transformer": {
    config: {
      http_method: null,
      remove: lists,
      rename: lists,
      replace: { ...lists, uri: null },
      add: lists,
      append: lists,
    },
  },
  "response-transformer": {
    config: {
      remove: { json: [], headers: [] },
      rename: { json: [], headers: [] },
      replace: typedLists,
      add: typedLists,
      append: typedLists,
    },
  },
  prometheus: {
    config: {
      per_consumer: false,
      status_code_metrics: false,
      ai_metrics: false,
      latency_metrics: false,
      bandwidth_metrics: false,
      upstream_health_metrics: false,
      wasm_metrics: false,
    },
  },
  "file-log": {
    given: { path: "/tmp/postern-never-written.log" },
    config: { path: "/tmp/postern-never-written.log", reopen: false, custom_fields_by_lua: null },
  },
  "http-log": {
    given: { http_endpoint: "http://logs.test/in" },
    config: {
      http_endpoint: "http://logs.test/in",
      method: "POST",
      content_type: "application/json",
      timeout: 10_000,
      keepalive: 60_000,
      retry_count: null,
      queue_size: null,
      flush_timeout: null,
      headers: null,
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
      custom_fields_by_lua: null,
    },
  },
};

const http = ["grpc", "grpcs", "http", "https"];
const everyProtocol = [...http, "tcp", "tls", "tls_passthrough", "udp"];
const streaming = ["file-log", "http-log", "ip-restriction", "prometheus", "proxy-cache", "request-transformer", "session"];
const notForConsumers = ["acl", "basic-auth", "bot-detection", "cors", "hmac-auth", "jwt", "key-auth", "session"];

let node: LiveGateway;
beforeAll(async () => {
  node = await live({ database: "memory" });
  await node.ask("POST", "/consumers", { username: "ann" });
});
afterAll(() => node[Symbol.asyncDispose]());

describe("the configuration of bundled plugins", () => {
  it("is listed here for each of them", async () => {
    const { body } = await node.ask("GET", "/plugins/enabled");
    expect(Object.keys(rows).sort()).toEqual(body.enabled_plugins.toSorted());
  });

  describe.each(Object.entries(rows))("%s", (name, { given = {}, config }) => {
    it("is completed with the defaults", async () => {
      const created = await node.ask("POST", "/plugins", { name, config: given });
      expect(created, created.text).toMatchObject({ status: 201 });
      expect(created.body.config).toEqual(config);
      expect((await node.ask("GET", `/plugins/${created.body.id}`)).body.config).toEqual(config);
      const protocols = name === "ip-restriction" ? [...http, "tcp", "tls"] : http;
      expect(created.body.protocols.toSorted()).toEqual(protocols);
      await node.ask("DELETE", `/plugins/${created.body.id}`);
    });

    it("has no other fields", async () => {
      const answer = await node.ask("POST", "/plugins", { name, config: { ...given, no_such_field: 1 } });
      expect(answer).toMatchObject({ status: 400, body: { fields: { config: { no_such_field: "unknown field" } } } });
    });

    it("is for the protocols that Kong's is for", async () => {
      const answer = await node.ask("POST", "/plugins", { name, config: given, protocols: everyProtocol });
      if (streaming.includes(name)) {
        expect(answer, answer.text).toMatchObject({ status: 201 });
        await node.ask("DELETE", `/plugins/${answer.body.id}`);
      } else {
        expect(answer.status).toBe(400);
        expect(JSON.stringify(answer.body.fields.protocols)).toContain("expected one of: grpc, grpcs, http, https");
      }
    });

    it("belongs to what Kong's belongs to", async () => {
      const answer = await node.ask("POST", "/plugins", { name, config: given, consumer: { username: "ann" } });
      if (notForConsumers.includes(name)) {
        expect(answer).toMatchObject({ status: 400, body: { fields: { consumer: "value must be null" } } });
      } else {
        expect(answer, answer.text).toMatchObject({ status: 201 });
        await node.ask("DELETE", `/plugins/${answer.body.id}`);
      }
    });
  });
});
