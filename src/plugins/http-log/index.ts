import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import type { EntityCheck } from "../../schema/entity-check.js";
import { int, mapOf, num, oneOf, str } from "../../schema/field.js";
import { headerTextFault } from "../../schema/header-text.js";
import { allProtocols } from "../../schema/protocols.js";
import { headerNameFault } from "../../schema/text-faults.js";
import { headerName, url } from "../../schema/typedefs-http.js";
import { customFieldsByLua, queue } from "../../schema/typedefs-records.js";
import { HttpClients } from "./http-clients.js";
import { type Config, receiverOf } from "./receiver.js";

/** Headers that the plugin sets itself, as messages spell them. */
const ownHeaders = ["Host", "Content-Length", "Content-Type"];

function headerFault(name: string): string | undefined {
  const own = ownHeaders.find((header) => header.toLowerCase() === name.toLowerCase());
  return own === undefined ? headerNameFault(name) : `cannot contain '${own}' header`;
}

const oneAuthorization: EntityCheck = {
  kind: "custom",
  fieldSources: ["http_endpoint", "headers"],
  description: "User info in `http_endpoint` and an `Authorization` header exclude each other.",
  check({ http_endpoint, headers }) {
    const hasHeader = Object.keys((headers ?? {}) as object).some((name) => name.toLowerCase() === "authorization");
    return hasHeader && hasUserInfo(String(http_endpoint))
      ? "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed"
      : undefined;
  },
};

function hasUserInfo(endpoint: string): boolean {
  return /^[^/]*\/\/[^/?#]*@/.test(endpoint);
}

const receiver = perConfig(receiverOf);

/** Sends a JSON description of each request to an HTTP server, alone or in batches. */
export const httpLog = definePlugin({
  name: "http-log",
  version: "3.10.0",
  priority: 12,
  allowedProtocols: allProtocols,
  config: {
    http_endpoint: url({
      required: true,
      encrypted: true,
      referenceable: true,
      description: "Where entries are sent; may carry `user:password@`. A query string is left out.",
    }),
    method: oneOf(["POST", "PUT", "PATCH"], { default: "POST", description: "Method of the requests." }),
    content_type: oneOf(["application/json", "application/json; charset=utf-8"], {
      default: "application/json",
      description: "Content-Type of the requests.",
    }),
    timeout: num({ default: 10_000, description: "Milliseconds to wait for the connection, and for the answer." }),
    keepalive: num({ default: 60_000, description: "Milliseconds that an idle connection is kept." }),
    retry_count: int({ description: "Deprecated, without effect." }),
    queue_size: int({ description: "Deprecated: `queue.max_batch_size`." }),
    flush_timeout: num({ description: "Deprecated: `queue.max_coalescing_delay`." }),
    headers: mapOf(headerName({ validator: headerFault }), str({ referenceable: true, validator: headerTextFault }), {
      description: "Further headers of the requests.",
    }),
    queue: queue(),
    custom_fields_by_lua: customFieldsByLua(),
  },
  checks: [oneAuthorization],

  log(pdk, config) {
    const clients = pdk.plugin.state(() => new HttpClients(), close);
    const { queueName } = receiver(config);
    const send = (latest: Config, entries: readonly string[], signal: AbortSignal): Promise<void> =>
      clients.send(receiver(latest), entries, signal);
    pdk.queue.enqueue({ ...pdk.queue.parameters(config), name: queueName }, send, config, pdk.log.serializeText());
  },
});

function close(clients: HttpClients): Promise<void> {
  return clients.close();
}
