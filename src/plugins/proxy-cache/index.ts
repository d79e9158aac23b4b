import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { allProtocols } from "../../schema/protocols.js";
import type { MaybePromise } from "../../util/maybe-promise.js";
import { adminEndpoints } from "./admin-endpoints.js";
import { cacheKey } from "./cache-key.js";
import { isCacheableRequest } from "./cacheable.js";
import { type Config, configFields } from "./config.js";
import { type Directives, parseDirectives, secondsOf } from "./directives.js";
import { type Entry, type MemoryZone, MemoryZones, type StoredAnswer } from "./memory-zones.js";
import { Storing } from "./storing.js";
import { isSameVariant } from "./vary.js";

/** What a request that found nothing leaves to the filters. */
type Turn = {
  zone?: MemoryZone;
  key?: string;
  requestBody?: Buffer;
  storing?: Storing | undefined;
};

type CachePdk = Pdk<Record<never, never>, Turn>;

const unheeded: Directives = new Map();

/** Stores answers in memory, and sends them again when the same is asked for. */
export const proxyCache = definePlugin({
  name: "proxy-cache",
  version: "3.10.0",
  priority: 100,
  allowedProtocols: allProtocols,
  config: configFields,
  context: (): Turn => ({}),
  keepsBody: true,
  adminEndpoints,

  configure(configs = [], node) {
    const zones = configs.map((config) => [(config as IdentifiedConfig).__plugin_id, config.memory.dictionary_name] as const);
    node.state(makeZones).use(new Map(zones));
  },

  access(pdk, config) {
    const directives = config.cache_control ? parseDirectives(pdk.request.getHeaderValues("cache-control")) : unheeded;
    if (!isCacheableRequest(pdk, config, directives)) return tell(pdk, config, "X-Cache-Status", "Bypass");
    const key = cacheKey(pdk, config);
    tell(pdk, config, "X-Cache-Key", key);
    const zone = pdk.plugin.state(makeZones).named(config.memory.dictionary_name, () => pdk.cache.stats.maxBytes);
    const entry = zone.get(key, pdk.now());
    if (entry === undefined || !isSameVariant(pdk, entry.variant)) {
      if (directives.has("only-if-cached")) return pdk.response.exit(504);
      return pass(pdk, config, zone, key, "Miss");
    }
    const age = Math.floor(pdk.now() / 1000) - entry.answer.timestamp;
    if (!isAccepted(entry.answer, age, config, directives)) return pass(pdk, config, zone, key, "Refresh");
    return replay(pdk, config, entry, age);
  },

  headerFilter(pdk, config) {
    const turn = pdk.ctx.plugin;
    if (turn.zone === undefined || turn.key === undefined) return;
    turn.storing = Storing.begin(pdk, config, turn.zone, turn.key);
    if (turn.storing === undefined) tell(pdk, config, "X-Cache-Status", "Bypass");
  },

  bodyFilter(pdk, config, { data, last }) {
    const turn = pdk.ctx.plugin;
    const { storing } = turn;
    if (storing === undefined) return;
    if (!storing.add(data)) turn.storing = undefined;
    else if (last) storing.finish(pdk, config, turn.requestBody);
  },
});

/** With what the gateway adds. */
type IdentifiedConfig = Config & { readonly __plugin_id: string };

function makeZones(): MemoryZones {
  return new MemoryZones();
}

/** Sets one of the headers that tell about the cache. */
function tell({ request, response }: CachePdk, { response_headers }: Config, name: HeaderName, value: string | number): void {
  const field = name === "Age" ? "age" : name;
  if (response_headers?.[field] === true || request.getHeader("kong-debug") !== undefined) response.setHeader(name, value);
}

type HeaderName = "Age" | "X-Cache-Status" | "X-Cache-Key";

/** Lets the request go to the upstream, whose answer may be stored. */
function pass(pdk: CachePdk, config: Config, zone: MemoryZone, key: string, status: "Miss" | "Refresh"): MaybePromise<void> {
  const turn = pdk.ctx.plugin;
  turn.zone = zone;
  turn.key = key;
  tell(pdk, config, "X-Cache-Status", status);
  if (!pdk.request.hasBody()) return;
  // One that is too long to be held in memory goes to the upstream all the same.
  return pdk.request.getRawBody().then(
    (body) => {
      turn.requestBody = body;
    },
    () => undefined,
  );
}

/** Whether a stored answer of that age will do. */
function isAccepted({ ttl }: StoredAnswer, age: number, { cache_control, cache_ttl }: Config, directives: Directives): boolean {
  if (!cache_control) return age <= (cache_ttl ?? 0);
  if (age > (secondsOf(directives, "max-age", 0) ?? age)) return false;
  if (age - ttl > (secondsOf(directives, "max-stale", Number.POSITIVE_INFINITY) ?? Number.POSITIVE_INFINITY)) return false;
  return ttl - age >= (secondsOf(directives, "min-fresh", 0) ?? Number.NEGATIVE_INFINITY);
}

function replay(pdk: CachePdk, config: Config, { answer, replayed }: Entry, age: number): void {
  pdk.ctx.shared.proxy_cache_hit = {
    res: answer,
    req: { body: answer.req_body },
    server_addr: pdk.request.getConnection().localAddress,
  };
  tell(pdk, config, "Age", age);
  tell(pdk, config, "X-Cache-Status", "Hit");
  pdk.response.exit(answer.status, answer.body, replayed);
}
