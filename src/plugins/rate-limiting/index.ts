import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { isPromise, type MaybePromise } from "../../util/maybe-promise.js";
import { checks } from "./checks.js";
import { configFields, type RateLimitingConfig } from "./config.js";
import { identifierOf } from "./identifier.js";
import { blockingLimit, configuredLimits, type Limit, setLimitHeaders } from "./limits.js";
import { LocalCounters } from "./policies/local.js";
import { MissingClientPolicy } from "./policies/missing-client.js";
import type { CounterPolicy } from "./policies/policy.js";
import { redisShorthands } from "./redis-shorthands.js";

const redisPolicy = new MissingClientPolicy("redis", "a Redis client");

const NOTHING = "00000000-0000-0000-0000-000000000000";

/** What belongs to one instance. */
interface Prepared {
  readonly limits: readonly Limit[];
  /** What the instance is attached to; a consumer does not count, as in Kong. */
  readonly scope: string;
  /** The store's failure that was logged last: one that lasts is worth one line, not one with each request. */
  failure: string | undefined;
}

const prepare = perConfig(
  (config: RateLimitingConfig & InstanceIds): Prepared => ({
    limits: configuredLimits(config),
    scope: `${config.route_id ?? NOTHING}:${config.service_id ?? NOTHING}`,
    failure: undefined,
  }),
);

/** What the runtime adds to the configuration of an instance. */
interface InstanceIds {
  readonly route_id?: string;
  readonly service_id?: string;
}

/** One request's turn at the counters. */
interface Turn {
  readonly policy: CounterPolicy;
  readonly scope: string;
  readonly identifier: string;
  readonly now: number;
}

/** Limits how many requests a client may make in a second, minute, hour, day, month or year. */
export const rateLimiting = definePlugin({
  name: "rate-limiting",
  version: "3.10.0",
  priority: 910,
  config: configFields,
  checks,
  shorthands: redisShorthands,

  access(pdk, config) {
    const { limits, scope } = prepare(config);
    const turn: Turn = {
      policy: config.policy === "redis" ? redisPolicy : pdk.plugin.state(() => new LocalCounters()),
      scope,
      identifier: identifierOf(pdk, config),
      now: pdk.now(),
    };
    let usage: MaybePromise<readonly number[]>;
    try {
      usage = turn.policy.usage(turn.scope, turn.identifier, limits, turn.now);
    } catch (error) {
      return tolerate(pdk, config, error);
    }
    if (!isPromise(usage)) return decide(pdk, config, turn, usage);
    return (usage as Promise<readonly number[]>).then(
      (counted) => decide(pdk, config, turn, counted),
      (error: unknown) => tolerate(pdk, config, error),
    );
  },
});

function decide(pdk: Pdk, config: RateLimitingConfig, turn: Turn, usage: readonly number[]): void {
  const { limits } = prepare(config);
  const blocking = blockingLimit(limits, usage);
  if (!config.hide_client_headers) setLimitHeaders(pdk.response, limits, usage, blocking, turn.now);
  if (blocking === -1) count(pdk, config, turn);
  else pdk.response.error(config.error_code ?? 429, config.error_message);
}

/** Counts behind the decision: the request does not wait for it. */
function count(pdk: Pdk, config: RateLimitingConfig, turn: Turn): void {
  const { limits } = prepare(config);
  try {
    const counted = turn.policy.increment(turn.scope, turn.identifier, limits, turn.now);
    if (!isPromise(counted)) return;
    (counted as Promise<void>).catch((error: unknown) => logFailure(pdk, config, "could not count a request", error));
  } catch (error) {
    logFailure(pdk, config, "could not count a request", error);
  }
}

/** The store failed: the request passes without a limit, or nobody does. */
function tolerate(pdk: Pdk, config: RateLimitingConfig, error: unknown): void {
  if (!config.fault_tolerant) throw error;
  logFailure(pdk, config, "failed to get usage", error);
}

function logFailure(pdk: Pdk, config: RateLimitingConfig, what: string, error: unknown): void {
  const prepared = prepare(config);
  const failure = `${what}: ${error instanceof Error ? error.message : String(error)}`;
  if (prepared.failure === failure) return;
  prepared.failure = failure;
  pdk.log.error(failure);
}
