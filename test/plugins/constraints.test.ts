import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveGateway, live } from "../admin/live.js";

// What fields of bundled plugins do not take, in Kong's words. Rules between fields are tested with each plugin.

const missing = "required field missing";
const boolean = "expected a boolean";

type Row = readonly [config: object, faults: object];

/** Fields that must be there, and those that take booleans only, are wrong in the same way everywhere. */
function flags(...names: readonly string[]): Row[] {
  return names.flatMap((name) => [
    [{ [name]: null }, { [name]: missing }] as const,
    [{ [name]: "yes" }, { [name]: boolean }] as const,
  ]);
}

const queue = (fields: object, faults: object): Row => [{ http_endpoint: "http://a.test", queue: fields }, { queue: faults }];

const rows: Readonly<Record<string, readonly Row[]>> = {
  "key-auth": [
    ...flags("hide_credentials", "key_in_header", "key_in_query", "key_in_body", "run_on_preflight"),
    [{ key_names: null }, { key_names: missing }],
    [{ key_names: "apikey" }, { key_names: "expected an array" }],
    [
      { key_names: ["a", "b c"] },
      { key_names: [null, "bad header name 'b c', allowed characters are A-Z, a-z, 0-9, '_', and '-'"] },
    ],
    [{ anonymous: 5 }, { anonymous: "expected a string" }],
    [{ realm: 5 }, { realm: "expected a string" }],
  ],
  "basic-auth": [...flags("hide_credentials"), [{ realm: null }, { realm: missing }]],
  jwt: [
    ...flags("secret_is_base64", "run_on_preflight"),
    [{ uri_param_names: "jwt" }, { uri_param_names: "expected a set" }],
    [{ claims_to_verify: ["exp", "aud"] }, { claims_to_verify: [null, "expected one of: exp, nbf"] }],
    [{ maximum_expiration: 31_536_001 }, { maximum_expiration: "value should be between 0 and 31536000" }],
  ],
  "hmac-auth": [
    ...flags("hide_credentials", "validate_request_body"),
    [{ clock_skew: -1 }, { clock_skew: "value must be greater than 0" }],
    [{ enforce_headers: "date" }, { enforce_headers: "expected an array" }],
  ],
  acl: [
    [{ allow: "a" }, { allow: "expected an array" }],
    [{ allow: ["a"], hide_groups_header: null }, { hide_groups_header: missing }],
    [{ deny: ["a"], always_use_authenticated_groups: null }, { always_use_authenticated_groups: missing }],
  ],
  session: [
    [{ idling_timeout: "x" }, { idling_timeout: "expected a number" }],
    [{ remember: "x" }, { remember: boolean }],
    [
      { response_headers: ["id", "name"] },
      {
        response_headers: [
          null,
          "expected one of: id, audience, subject, timeout, idling-timeout, rolling-timeout, absolute-timeout",
        ],
      },
    ],
    [{ logout_methods: ["PUT"] }, { logout_methods: ["expected one of: GET, POST, DELETE"] }],
  ],
  "rate-limiting": [
    [{ minute: 1, limit_by: "user" }, { limit_by: "expected one of: consumer, credential, ip, service, header, path" }],
    [{ minute: 1, policy: "cloud" }, { policy: "expected one of: local, cluster, redis" }],
    [{ minute: "1" }, { minute: "expected a number" }],
    [{ minute: 1, fault_tolerant: null }, { fault_tolerant: missing }],
    [{ minute: 1, hide_client_headers: null }, { hide_client_headers: missing }],
    [{ minute: 1, sync_rate: null }, { sync_rate: missing }],
  ],
  "response-ratelimiting": [
    [{ limits: { a: { minute: 1 } }, limit_by: "service" }, { limit_by: "expected one of: consumer, credential, ip" }],
    [{ limits: { a: { minute: 1 } }, block_on_first_violation: null }, { block_on_first_violation: missing }],
    [{ limits: 5 }, { limits: "expected a map" }],
  ],
  "request-size-limiting": [
    ...flags("require_content_length"),
    [{ size_unit: "bits" }, { size_unit: "expected one of: megabytes, kilobytes, bytes" }],
  ],
  "request-termination": [
    ...flags("echo"),
    [{ status_code: null }, { status_code: missing }],
    [{ status_code: 99 }, { status_code: "value should be between 100 and 599" }],
    [{ trigger: "a b" }, { trigger: "bad header name 'a b', allowed characters are A-Z, a-z, 0-9, '_', and '-'" }],
  ],
  "ip-restriction": [[{ allow: ["::1"], status: "x" }, { status: "expected a number" }]],
  "bot-detection": [[{ allow: "x" }, { allow: "expected an array" }]],
  "proxy-cache": [
    [{ strategy: "memory", response_code: [200, 901] }, { response_code: [null, "value should be between 100 and 900"] }],
    [{ strategy: "memory", cache_control: null }, { cache_control: missing }],
    [{ strategy: "memory", storage_ttl: 1.5 }, { storage_ttl: "expected an integer" }],
    [{ strategy: "memory", request_method: null }, { request_method: missing }],
    [{ strategy: "memory", response_headers: { age: "x" } }, { response_headers: { age: boolean } }],
  ],
  redirect: [[{ location: "https://a.test", status_code: 600 }, { status_code: "value should be between 100 and 599" }]],
  cors: [
    ...flags("credentials", "private_network", "preflight_continue", "allow_origin_absent"),
    [{ max_age: "x" }, { max_age: "expected a number" }],
    [{ origins: ["*", "[a"] }, { origins: [null, "'[a' is not a valid regex"] }],
  ],
  "correlation-id": [
    ...flags("echo_downstream"),
    [{ generator: "dice" }, { generator: "expected one of: uuid, uuid#counter, tracker" }],
  ],
  "request-transformer": [
    [{ http_method: "get" }, { http_method: "invalid value: get" }],
    [{ add: { headers: ["just_a_key"] } }, { add: { headers: ["invalid value: just_a_key"] } }],
    [{ add: { headers: null } }, { add: { headers: missing } }],
    [{ add: null }, { add: missing }],
    [{ add: { querystring: ["a"] } }, { add: { querystring: ["key 'a' has no value"] } }],
  ],
  "response-transformer": [
    [{ add: null }, { add: missing }],
    [{ remove: { headers: null } }, { remove: { headers: missing } }],
  ],
  prometheus: [[{ per_consumer: "x" }, { per_consumer: boolean }]],
  "file-log": [[{ path: "/tmp/x", reopen: null }, { reopen: missing }]],
  "http-log": [
    [
      { http_endpoint: "http://a.test", content_type: "text/plain" },
      { content_type: expect.stringContaining("expected one of: ") },
    ],
    [{ http_endpoint: "http://a.test", headers: { "a b": "x" } }, { headers: expect.stringContaining("bad header name 'a b'") }],
    [{ http_endpoint: "http://a.test", queue: null }, { queue: missing }],
    queue({ max_batch_size: 1_000_001 }, { max_batch_size: "value should be between 1 and 1000000" }),
    queue({ max_coalescing_delay: 3601 }, { max_coalescing_delay: "value should be between 0 and 3600" }),
    queue({ max_entries: 0 }, { max_entries: "value should be between 1 and 1000000" }),
    queue({ max_bytes: 1.5 }, { max_bytes: "expected an integer" }),
    // From 0.001 on: Kong's message has whole numbers.
    queue({ initial_retry_delay: 0 }, { initial_retry_delay: "value should be between 0 and 1000000" }),
    queue({ max_retry_delay: 1_000_001 }, { max_retry_delay: "value should be between 0 and 1000000" }),
    queue({ concurrency_limit: 0 }, { concurrency_limit: "expected one of: -1, 1" }),
  ],
};

/** What would break a head when it is sent; Kong's schemas let it through. */
const unfit: readonly (readonly [name: string, config: object, faults: object])[] = [
  ...["key-auth", "basic-auth", "jwt", "hmac-auth"].map(
    (name) => [name, { realm: "a\r\nb" }, { realm: "invalid value: a\r\nb" }] as const,
  ),
  ["session", { cookie_name: "a b" }, { cookie_name: "invalid value: a b" }],
  ["session", { remember_cookie_name: "a;b" }, { remember_cookie_name: "invalid value: a;b" }],
  ["session", { cookie_path: "/; Domain=test" }, { cookie_path: "invalid value: /; Domain=test" }],
  ["session", { cookie_domain: "a\nb" }, { cookie_domain: "invalid value: a\nb" }],
  ["cors", { headers: ["x-a", "x\r\nb"] }, { headers: [null, "invalid value: x\r\nb"] }],
  ["cors", { exposed_headers: ["x\0"] }, { exposed_headers: ["invalid value: x\0"] }],
  ["correlation-id", { header_name: "a b" }, { header_name: "invalid value: a b" }],
  ["correlation-id", { header_name: "ü" }, { header_name: "invalid value: ü" }],
  ["request-termination", { body: "x", content_type: "a\nb" }, { content_type: "invalid value: a\nb" }],
  ["response-ratelimiting", { limits: { a: { minute: 1 } }, header_name: "a:b" }, { header_name: "invalid value: a:b" }],
  [
    "response-transformer",
    { remove: { headers: ["x-a", "x b"] } },
    { remove: { headers: [null, "'x b' is not a valid header"] } },
  ],
  ...["replace", "add", "append"].map(
    (step) =>
      [
        "response-transformer",
        { [step]: { headers: ["x-a:1", "x b:1"] } },
        { [step]: { headers: [null, "'x b' is not a valid header"] } },
      ] as const,
  ),
  ["response-transformer", { add: { headers: ["x-a:\0"] } }, { add: { headers: ["invalid value: x-a:\0"] } }],
  ["http-log", { http_endpoint: "http://a.test", headers: { "x-a": "a\r\nb" } }, { headers: "invalid value: a\r\nb" }],
];

let node: LiveGateway;
beforeAll(async () => {
  node = await live({ database: "memory" });
});
afterAll(() => node[Symbol.asyncDispose]());

describe.each(Object.entries(rows))("%s refuses", (name, cases) => {
  it.each(cases)("%j", async (config, faults) => {
    const answer = await node.ask("POST", "/plugins", { name, config });
    expect(answer, answer.text).toMatchObject({
      status: 400,
      body: { code: 2, name: "schema violation", fields: { config: faults } },
    });
  });
});

describe("what no head may hold is refused before it is sent", () => {
  it.each(unfit)("%s: %j", async (name, config, faults) => {
    const answer = await node.ask("POST", "/plugins", { name, config });
    expect(answer, answer.text).toMatchObject({ status: 400, body: { fields: { config: faults } } });
  });

  it.each([
    ["correlation-id", { header_name: "X.Request_Id~1" }],
    ["response-transformer", { add: { headers: ["x.a:1"] }, remove: { headers: ["x.b"] } }],
    ["key-auth", { realm: 'the "good" ones' }],
    ["cors", { exposed_headers: ["*"] }],
  ])("and nothing else: %s: %j", async (name, config) => {
    const answer = await node.ask("POST", "/plugins", { name, config });
    expect(answer, answer.text).toMatchObject({ status: 201 });
    await node.ask("DELETE", `/plugins/${answer.body.id}`);
  });
});
