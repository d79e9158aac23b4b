import { type CounterStore, scopeOf } from "../../pdk/counters/counted.js";
import { DatabaseCounters } from "../../pdk/counters/database-counters.js";
import { FailureLog } from "../../pdk/counters/failure-log.js";
import { LocalCounters } from "../../pdk/counters/local-counters.js";
import { RedisCounters } from "../../pdk/counters/redis-counters.js";
import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { redisShorthands } from "../../schema/redis-shorthands.js";
import { chain, isPromise } from "../../util/maybe-promise.js";
import { type Config, checks, configFields, withoutDatabase } from "./config.js";
import { responseRatelimitingMetrics } from "./entities.js";
import { configuredLimits, type Limits, type NamedLimit, parseUse } from "./limits.js";

const entities = { response_ratelimiting_metrics: responseRatelimitingMetrics };

/** What access leaves to the later phases. */
type Turn = {
  identifier?: string;
  /** Milliseconds since the epoch. */
  now?: number;
  /** What is left of each limit; absent where it could not be found out. */
  remaining?: readonly number[];
  /** What the upstream says was used. */
  use?: ReadonlyMap<string, number>;
};

type LimitingPdk = Pdk<typeof entities, Turn>;

/** What the gateway adds to the configuration. */
type ScopedConfig = Config & { readonly route_id?: string; readonly service_id?: string };

/** What belongs to one instance. */
interface Prepared {
  readonly limits: Limits;
  readonly scope: string;
  readonly failures: FailureLog;
}

const prepare = perConfig(
  (config: ScopedConfig): Prepared => ({ limits: configuredLimits(config), scope: scopeOf(config), failures: new FailureLog() }),
);

/** Limits how much of what upstreams count a client may use. */
export const responseRatelimiting = definePlugin({
  name: "response-ratelimiting",
  version: "3.10.0",
  priority: 900,
  config: configFields,
  checks,
  shorthands: redisShorthands("response-ratelimiting"),
  withoutDatabase,
  entities,
  context: (): Turn => ({}),

  access(pdk, config) {
    const { limits, scope } = prepare(config);
    const identifier = identifierOf(pdk, config);
    const now = pdk.now();
    const decide = (usage: readonly number[]): void => {
      const remaining = limits.all.map(({ limit }, i) => limit - (usage[i] ?? 0));
      for (const { name, at } of limits.named) {
        const left = at.map((i) => remaining[i] as number);
        // Not below: what has jumped over its limit is found out when more is used (Kong).
        if (config.block_on_first_violation && left.includes(0)) {
          pdk.response.error(429, `API rate limit exceeded for '${name}'`);
          return;
        }
        pdk.service.request.setHeader(`X-RateLimit-Remaining-${name}`, Math.min(...left));
      }
      Object.assign(pdk.ctx.plugin, { identifier, now, remaining });
    };
    try {
      const counted = chain(countersOf(pdk, config).usage(scope, identifier, limits.all, now), decide);
      return isPromise(counted) ? (counted as Promise<void>).catch((error: unknown) => tolerate(pdk, config, error)) : counted;
    } catch (error) {
      tolerate(pdk, config, error);
    }
  },

  headerFilter(pdk, config) {
    const turn = pdk.ctx.plugin;
    const { remaining } = turn;
    if (remaining === undefined) return;
    const header = config.header_name ?? "x-kong-limit";
    const { limits } = prepare(config);
    const use = parseUse(pdk.service.response.getHeader(header), limits);
    if (!config.hide_client_headers) tellClient(pdk, config, remaining, use);
    pdk.response.clearHeader(header);
    const isOver = ({ name, at }: NamedLimit): boolean =>
      (use.get(name) ?? 0) > 0 && at.some((i) => (remaining[i] as number) <= 0);
    if (limits.named.some(isOver)) pdk.response.exit(429, null, headersAboutLimits(pdk));
    else turn.use = use;
  },

  log(pdk, config) {
    const { identifier, now, use } = pdk.ctx.plugin;
    if (use === undefined || identifier === undefined || now === undefined) return;
    const { limits, scope } = prepare(config);
    const used = limits.named.filter(({ name }) => (use.get(name) ?? 0) !== 0);
    if (used.length === 0) return;
    const counters = countersOf(pdk, config);
    const added = used.map(({ name, counted }) => counters.increment(scope, identifier, counted, now, use.get(name) as number));
    return Promise.all(added).then(
      () => undefined,
      (error: unknown) => prepare(config).failures.tell(pdk.log, "could not count what was used", error),
    );
  },
});

function identifierOf({ client }: LimitingPdk, { limit_by }: Config): string {
  const consumer = limit_by === "consumer" ? client.getConsumer()?.id : undefined;
  const credential = limit_by === "ip" ? undefined : client.getCredential()?.id;
  return consumer ?? credential ?? client.getForwardedIp();
}

function countersOf(pdk: LimitingPdk, { policy, redis }: Config): CounterStore {
  if (policy === "redis") return new RedisCounters("response-ratelimit", pdk.redis.connect(redis));
  if (policy === "cluster") return new DatabaseCounters(pdk.db.response_ratelimiting_metrics.dao);
  return pdk.plugin.state(makeLocalCounters);
}

function makeLocalCounters(): LocalCounters {
  return new LocalCounters();
}

/** The store failed: the plugin does nothing for this request, or nobody gets through. */
function tolerate(pdk: LimitingPdk, config: Config, error: unknown): void {
  if (!config.fault_tolerant) throw error;
  prepare(config).failures.tell(pdk.log, "failed to get usage", error);
}

function tellClient(pdk: LimitingPdk, config: Config, remaining: readonly number[], use: ReadonlyMap<string, number>): void {
  for (const [i, { name, period, limit }] of prepare(config).limits.all.entries()) {
    const left = Math.max(0, (remaining[i] as number) - (use.get(name) ?? 0));
    pdk.response.setHeader(`X-RateLimit-Limit-${name}-${period}`, limit);
    pdk.response.setHeader(`X-RateLimit-Remaining-${name}-${period}`, left);
  }
}

/** The upstream's answer is dropped, but not what was said about limits, by rate-limiting too. */
function headersAboutLimits(pdk: LimitingPdk): Record<string, string | string[]> {
  const all = Object.entries(pdk.response.getHeaders(1000));
  return Object.fromEntries(all.filter(([name]) => /^(?:x-)?ratelimit-/.test(name)));
}
