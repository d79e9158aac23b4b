import { bool, type InferFields, num, oneOf, str } from "../../schema/field.js";
import { headerName, path } from "../../schema/typedefs-http.js";
import { redis } from "../../schema/typedefs-records.js";

export const configFields = {
  second: num({ gt: 0, description: "Requests allowed in a second." }),
  minute: num({ gt: 0, description: "Requests allowed in a minute." }),
  hour: num({ gt: 0, description: "Requests allowed in an hour." }),
  day: num({ gt: 0, description: "Requests allowed in a day (UTC)." }),
  month: num({ gt: 0, description: "Requests allowed in a calendar month (UTC)." }),
  year: num({ gt: 0, description: "Requests allowed in a calendar year (UTC)." }),
  limit_by: oneOf(["consumer", "credential", "ip", "service", "header", "path"], {
    default: "consumer",
    description: "What counts as one client; the client's address where the request has no such thing.",
  }),
  header_name: headerName({ description: "The header whose value is counted, for `limit_by` `header`." }),
  path: path({ description: "The path that is counted, for `limit_by` `path`." }),
  policy: oneOf(["local", "cluster", "redis"], {
    default: "local",
    description: "Where requests are counted: in the gateway's memory, in its database, or in Redis.",
  }),
  fault_tolerant: bool({ required: true, default: true, description: "Lets requests pass while they cannot be counted." }),
  redis: redis(),
  hide_client_headers: bool({ required: true, default: false, description: "Does not tell clients about their limits." }),
  error_code: num({ default: 429, gt: 0, description: "Status of refused requests." }),
  error_message: str({ default: "API rate limit exceeded", description: "Message for refused requests." }),
  sync_rate: num({
    required: true,
    default: -1,
    description: "Seconds between two exchanges with Redis; -1: with each request.",
  }),
};

/** Where nothing can be written there is nothing that gateways could count in together. */
export const withoutDatabase = {
  policy: oneOf(["local", "redis"], {
    default: "local",
    description: "Where requests are counted: in the gateway's memory or in Redis.",
  }),
};

export type RateLimitingConfig = InferFields<typeof configFields>;
