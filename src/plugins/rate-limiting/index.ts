import { scopeOf } from "../../pdk/counters/counted.js";
import { FailureLog } from "../../pdk/counters/failure-log.js";
import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { redisShorthands } from "../../schema/redis-shorthands.js";
import { isPromise, type MaybePromise } from "../../util/maybe-promise.js";
import { checks } from "./checks.js";
import { configFields, type RateLimitingConfig, withoutDatabase } from "./config.js";
import { ratelimitingMetrics } from "./entities.js";
import { identifierOf } from "./identifier.js";
import { blockingLimit, configuredLimits, type Limit, setLimitHeaders } from "./limits.js";
import { ClusterPolicy } from "./policies/cluster.js";
import { Policies } from "./policies/policies.js";
import type { CounterPolicy } from "./policies/policy.js";
import { RedisPolicy } from "./policies/redis.js";

const entities = { ratelimiting_metrics: ratelimitingMetrics };

type LimitingPdk = Pdk<typeof entities>;

/** What belongs to one instance. */
interface Prepared {
  readonly limits: readonly Limit[];
  /** What the instance is attached to; a consumer does not count, as in Kong. */
  readonly scope: string;
  readonly failures: FailureLog;
}

const prepare = perConfig(
  (config: RateLimitingConfig & InstanceIds): Prepared => ({
    limits: configuredLimits(config),
    scope: scopeOf(config),
    failures: new FailureLog(),
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
  shorthands: redisShorthands("rate-limiting"),
  withoutDatabase,
  entities,

  access(pdk, config) {
    const { limits, scope } = prepare(config);
    const turn: Turn = {
      policy: policyOf(pdk, config),
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

function policyOf(pdk: LimitingPdk, { policy, redis, sync_rate }: RateLimitingConfig): CounterPolicy {
  const policies = pdk.plugin.state(makePolicies, closePolicies);
  if (policy === "cluster") return new ClusterPolicy(pdk.db.ratelimiting_metrics.dao, policies.usedUp);
  if (policy !== "redis") return policies.local;
  return sync_rate === -1 ? new RedisPolicy(pdk.redis.connect(redis)) : policies.synced(pdk.redis, redis, sync_rate);
}

function makePolicies(): Policies {
  return new Policies();
}

function closePolicies(policies: Policies): Promise<void> {
  return policies.close();
}

function decide(pdk: LimitingPdk, config: RateLimitingConfig, turn: Turn, usage: readonly number[]): void {
  const { limits } = prepare(config);
  const blocking = blockingLimit(limits, usage);
  if (!config.hide_client_headers) setLimitHeaders(pdk.response, limits, usage, blocking, turn.now);
  settle(pdk, config, turn, blocking === -1 ? undefined : usage);
  if (blocking !== -1) pdk.response.error(config.error_code ?? 429, config.error_message);
}

/**
 * Counts behind the decision: the request does not wait for it.
 *
 * @param refused - the usage for which it was refused
 */
function settle(pdk: LimitingPdk, config: RateLimitingConfig, turn: Turn, refused: readonly number[] | undefined): void {
  const { policy, scope, identifier, now } = turn;
  const { limits } = prepare(config);
  try {
    const settled =
      refused === undefined
        ? policy.increment(scope, identifier, limits, now, 1)
        : policy.refused?.(scope, identifier, limits, now, refused);
    if (!isPromise(settled)) return;
    (settled as Promise<unknown>).catch((error: unknown) =>
      prepare(config).failures.tell(pdk.log, "could not count a request", error),
    );
  } catch (error) {
    prepare(config).failures.tell(pdk.log, "could not count a request", error);
  }
}

/** The store failed: the request passes without a limit, or nobody does. */
function tolerate(pdk: LimitingPdk, config: RateLimitingConfig, error: unknown): void {
  if (!config.fault_tolerant) throw error;
  prepare(config).failures.tell(pdk.log, "failed to get usage", error);
}
