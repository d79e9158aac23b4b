import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import type { EntityCheck } from "../../schema/entity-check.js";
import { bool, int, str } from "../../schema/field.js";
import { headerTextFault } from "../../schema/header-text.js";
import { headerName } from "../../schema/typedefs-http.js";
import { echo } from "./echo.js";

/** Kong's texts for answers without a message of their own. */
const defaultMessages: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  404: "Not found",
  405: "Method not allowed",
  500: "An unexpected error occurred",
  502: "Bad Gateway",
  503: "Service unavailable",
};

const noContradiction: EntityCheck = {
  kind: "custom",
  fieldSources: ["message", "content_type", "body", "echo"],
  runWithMissingFields: true,
  check({ message, content_type, body, echo: echoes }) {
    const hasType = typeof content_type === "string";
    const hasBody = typeof body === "string";
    if (typeof message === "string" && (hasType || hasBody)) return "message cannot be used with content_type or body";
    if (hasType && !hasBody) return "content_type requires a body";
    return echoes === true && (hasType || hasBody) ? "echo cannot be used with content_type and body" : undefined;
  },
};

/** Answers in place of the upstream: maintenance pages, closed routes, blocked consumers, or what the gateway saw of a request. */
export const requestTermination = definePlugin({
  name: "request-termination",
  version: "3.10.0",
  priority: 2,
  config: {
    status_code: int({ required: true, default: 503, between: [100, 599], description: "Status of the answer." }),
    message: str({ description: "Message of a JSON answer." }),
    content_type: str({ validator: headerTextFault, description: "Content-Type of `body`." }),
    body: str({ description: "The whole body of the answer." }),
    echo: bool({ required: true, default: false, description: "Answers with what the gateway knows of the request." }),
    trigger: headerName({ description: "Answers only requests with a header or query argument of this name." }),
  },
  checks: [noContradiction],

  access(pdk, config) {
    if (config.trigger !== null && !isTriggered(pdk, config.trigger)) return;
    const message = config.message ?? defaultMessages[config.status_code];
    if (config.echo) return echo(pdk, config.status_code, message);
    if (config.body !== null) {
      const headers = config.content_type === null ? undefined : { "Content-Type": config.content_type };
      return pdk.response.exit(config.status_code, config.body, headers);
    }
    return pdk.response.exit(config.status_code, message === undefined ? null : { message });
  },
});

function isTriggered(pdk: Pdk, name: string): boolean {
  return pdk.request.getHeader(name) !== undefined || pdk.request.getQueryArg(name) !== undefined;
}
