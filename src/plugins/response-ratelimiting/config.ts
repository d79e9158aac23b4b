import { limitOrderFault, PERIODS } from "../../pdk/counters/periods.js";
import type { EntityCheck } from "../../schema/entity-check.js";
import { bool, type InferFields, mapOf, num, oneOf, record, str } from "../../schema/field.js";
import { tokenFault } from "../../schema/header-text.js";
import { redis } from "../../schema/typedefs-records.js";

const limit = record(
  {
    second: num({ gt: 0, description: "Allowed in a second." }),
    minute: num({ gt: 0, description: "Allowed in a minute." }),
    hour: num({ gt: 0, description: "Allowed in an hour." }),
    day: num({ gt: 0, description: "Allowed in a day (UTC)." }),
    month: num({ gt: 0, description: "Allowed in a calendar month (UTC)." }),
    year: num({ gt: 0, description: "Allowed in a calendar year (UTC)." }),
  },
  {
    required: true,
    checks: [{ kind: "at_least_one_of", fields: PERIODS }],
    validator(limits: object) {
      const fault = limitOrderFault(limits as Readonly<Record<string, unknown>>);
      return fault === undefined ? undefined : `the ${fault}`;
    },
  },
);

const policy = {
  default: "local",
  description: "Where use is counted: in the gateway's memory, in its database, or in Redis.",
} as const;

export const configFields = {
  header_name: str({
    default: "x-kong-limit",
    validator: tokenFault,
    description: "The header in which upstreams say how much was used.",
  }),
  limit_by: oneOf(["consumer", "credential", "ip"], {
    default: "consumer",
    description: "What counts as one client; the client's address where the request has no such thing.",
  }),
  policy: oneOf(["local", "cluster", "redis"], policy),
  fault_tolerant: bool({ required: true, default: true, description: "Lets requests pass while use cannot be counted." }),
  redis: redis(),
  block_on_first_violation: bool({
    required: true,
    default: false,
    description: "Refuses requests once any limit is used up, before the upstream is asked.",
  }),
  hide_client_headers: bool({ required: true, default: false, description: "Does not tell clients about their limits." }),
  // Limits are told in headers that have their names.
  limits: mapOf(str({ validator: tokenFault }), limit, {
    required: true,
    lenMin: 1,
    description: "The limits, by the names that upstreams use.",
  }),
};

export const checks: readonly EntityCheck[] = ["host", "port", "timeout"].map((field) => ({
  kind: "conditional",
  ifField: "policy",
  ifMatch: { eq: "redis" },
  thenField: `redis.${field}`,
  thenMatch: { required: true },
}));

/** Where nothing can be written there is nothing that gateways could count in together. */
export const withoutDatabase = { policy: oneOf(["local", "redis"], policy) };

export type Config = InferFields<typeof configFields>;
