import { describe, expect, it } from "vitest";
import { type Config, receiverOf } from "../../../src/plugins/http-log/receiver.js";

const config: Config = {
  http_endpoint: "http://logs.test",
  method: null,
  content_type: null,
  timeout: null,
  keepalive: null,
  retry_count: null,
  queue_size: null,
  headers: null,
  queue: { max_batch_size: null },
};

describe("the receiver of log entries", () => {
  it.each([
    ["http://logs.test", "http://logs.test/", "logs.test:80"],
    ["https://logs.test/in?x=1", "https://logs.test/in", "logs.test:443"],
    ["https://logs.test:8443/in#y", "https://logs.test:8443/in", "logs.test:8443"],
    ["http://bob:word@logs.test/in", "http://logs.test/in", "logs.test:80"],
    ["http://[::1]/", "http://[::1]/", "[::1]:80"],
  ])("of %s is asked at %s, and messages name %s", (http_endpoint, url, host) => {
    expect(receiverOf({ ...config, http_endpoint })).toMatchObject({ url, host });
  });

  it("has the defaults where the configuration has null", () => {
    expect(receiverOf(config)).toMatchObject({
      method: "POST",
      headers: { "Content-Type": "application/json" },
      timeout: 10_000,
      keepalive: 60_000,
      sendsLists: false,
    });
  });

  it("gets lists once a batch may have several entries, by the new name or the old one", () => {
    expect(receiverOf({ ...config, queue: { max_batch_size: 2 } }).sendsLists).toBe(true);
    expect(receiverOf({ ...config, queue_size: 2 }).sendsLists).toBe(true);
    expect(receiverOf({ ...config, queue_size: 1, queue: { max_batch_size: 2 } }).sendsLists).toBe(true);
  });
});
