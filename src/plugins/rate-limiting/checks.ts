import { limitOrderFault, PERIODS } from "../../pdk/counters/periods.js";
import type { EntityCheck } from "../../schema/entity-check.js";

function limitOrder(config: Readonly<Record<string, unknown>>): string | undefined {
  const fault = limitOrderFault(config);
  return fault === undefined ? undefined : `The ${fault}`;
}

function syncRate({ policy, sync_rate }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof sync_rate !== "number" || sync_rate === -1) return undefined;
  if (policy !== "redis") return "sync_rate can only be used with the redis policy";
  return sync_rate < 0.02 ? "sync_rate must be greater than 0.02, or -1 to disable" : undefined;
}

function needs(ifField: string, value: string, thenField: string): EntityCheck {
  return { kind: "conditional", ifField, ifMatch: { eq: value }, thenField, thenMatch: { required: true } };
}

export const checks: readonly EntityCheck[] = [
  { kind: "at_least_one_of", fields: PERIODS },
  needs("policy", "redis", "redis.host"),
  needs("policy", "redis", "redis.port"),
  needs("policy", "redis", "redis.timeout"),
  needs("limit_by", "header", "header_name"),
  needs("limit_by", "path", "path"),
  {
    kind: "custom",
    fieldSources: [...PERIODS, "policy", "sync_rate"],
    runWithMissingFields: true,
    check: (config) => limitOrder(config) ?? syncRate(config),
  },
];
