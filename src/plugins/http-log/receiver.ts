import { md5 } from "../../util/md5.js";

/** What of the plugin's configuration says where and how entries are sent. */
export interface Config {
  readonly http_endpoint: string;
  readonly method: "POST" | "PUT" | "PATCH" | null;
  readonly content_type: string | null;
  readonly timeout: number | null;
  readonly keepalive: number | null;
  readonly retry_count: number | null;
  readonly queue_size: number | null;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly queue: { readonly max_batch_size: number | null };
}

/** A server that takes log entries. */
export interface Receiver {
  readonly url: string;
  /** With the port, for messages. */
  readonly host: string;
  readonly method: "POST" | "PUT" | "PATCH";
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly keepalive: number;
  /** Batches are lists, even of one entry. */
  readonly sendsLists: boolean;
  /** Instances with equal values share a queue. */
  readonly queueName: string;
}

/** Works out what does not change from request to request. */
export function receiverOf(config: Config): Receiver {
  const { http_endpoint, method, content_type, timeout, keepalive, retry_count } = config;
  const { hostname, port, protocol, origin, pathname } = new URL(http_endpoint);
  // As it is written: user and password are sent undecoded, as Kong does.
  const userInfo = /^[^/]*\/\/([^/?#]*)@/.exec(http_endpoint)?.[1];
  const oldSize = config.queue_size ?? 1;
  return {
    url: `${origin}${pathname}`,
    host: `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`,
    method: method ?? "POST",
    headers: {
      ...config.headers,
      "Content-Type": content_type ?? "application/json",
      ...(userInfo === undefined ? {} : { Authorization: `Basic ${Buffer.from(userInfo).toString("base64")}` }),
    },
    timeout: timeout ?? 10_000,
    keepalive: keepalive ?? 60_000,
    sendsLists: (oldSize === 1 ? (config.queue.max_batch_size ?? 1) : oldSize) !== 1,
    // Log lines name the queue: user and password stay out of them.
    queueName: `${origin}${pathname}:${md5(JSON.stringify([http_endpoint, method, content_type, timeout, keepalive, retry_count]))}`,
  };
}
