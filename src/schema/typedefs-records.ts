/** Records that several plugins have in common. */
import { arrayOf, bool, int, mapOf, num, oneOf, record, str } from "./field.js";
import { port, timeout } from "./typedefs.js";
import { headerName, host, sni } from "./typedefs-http.js";

const retryDelay: readonly [number, number] = [0.001, 1_000_000];

/** How a plugin that sends data elsewhere collects it into batches. */
export function queue() {
  return record(
    {
      max_batch_size: int({ default: 1, between: [1, 1_000_000], description: "How many entries are sent at once at most." }),
      max_coalescing_delay: num({ default: 1, between: [0, 3600], description: "Seconds to wait for a batch to fill." }),
      max_entries: int({
        default: 10_000,
        between: [1, 1_000_000],
        description: "How many entries may wait; then the oldest go.",
      }),
      max_bytes: int({ description: "How many bytes may wait; then the oldest entries go." }),
      max_retry_time: num({
        default: 60,
        description: "Seconds after which a batch that can not be sent is given up; -1 never retries.",
      }),
      initial_retry_delay: num({ default: 0.01, between: retryDelay, description: "Seconds before the first retry." }),
      max_retry_delay: num({ default: 60, between: retryDelay, description: "Seconds between retries at most." }),
      concurrency_limit: int({ default: 1, oneOf: [-1, 1], description: "How many batches may be under way; -1 is no limit." }),
    },
    { description: "How entries are collected and sent." },
  );
}

/**
 * Fields of a log entry that Kong computes with Lua. There is no Lua here, so code is refused rather than left out of the entries in
 * silence.
 */
export function customFieldsByLua() {
  const code = str({
    validator: () => "Lua code is not run here: set the field in a plugin of your own, with pdk.log.setSerializeValue",
  });
  return mapOf(str(), code, { description: "Not supported: values are code in Lua." });
}

/** A Redis server, for plugins that share counters through it. */
export function redis() {
  return record(
    {
      host: host({ description: "Host name or address of the Redis server." }),
      port: port({ default: 6379, description: "Port of the Redis server." }),
      timeout: timeout({ default: 2000, description: "Milliseconds for connecting, sending and receiving, each." }),
      username: str({ referenceable: true, description: "User to authenticate as; needs Redis 6 or newer." }),
      password: str({ referenceable: true, encrypted: true, lenMin: 0, description: "Password to authenticate with." }),
      database: int({ default: 0, description: "Number of the database." }),
      ssl: bool({ default: false, description: "Whether to speak TLS." }),
      ssl_verify: bool({ default: false, description: "Whether to verify the server's certificate." }),
      server_name: sni({ description: "Server name to ask for and to verify in TLS." }),
    },
    { description: "The Redis server that holds what instances share." },
  );
}

const extractFormats = ["w3c", "b3", "jaeger", "ot", "datadog", "aws", "gcp", "instana"] as const;
const injectFormats = ["w3c", "b3", "b3-single", "jaeger", "ot", "datadog", "aws", "gcp", "instana"] as const;

/** A format of tracing headers that can be written. */
export type TracingFormat = (typeof injectFormats)[number];

/**
 * Which tracing headers are read, removed and written.
 *
 * @param defaultFormat - what is written when the request has no tracing header
 */
export function propagation(defaultFormat: TracingFormat) {
  return record(
    {
      extract: arrayOf(oneOf(extractFormats), { description: "Formats to look for in the request, in this order." }),
      clear: arrayOf(headerName(), { description: "Headers to remove before the trace is written." }),
      inject: arrayOf(oneOf(["preserve", ...injectFormats]), {
        description: "Formats to write; `preserve` stands for the one that was found.",
      }),
      default_format: oneOf(injectFormats, {
        required: true,
        default: defaultFormat,
        description: "Format to write when none was found.",
      }),
    },
    { description: "Which tracing headers are read, removed and written." },
  );
}
