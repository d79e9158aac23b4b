import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { AdminLogLevel } from "./admin/context.js";
import { consoleLogger } from "./console-logger.js";
import { OptionsError } from "./errors/gateway-error.js";
import { LevelLogger } from "./gateway-log-level.js";
import { type GatewayOptions, headerTokens, type TransportOption } from "./options.js";
import { PdkCache } from "./pdk/cache.js";
import type { NodeContext } from "./pdk/node-context.js";
import { Queues } from "./pdk/queue/queues.js";
import { RedisConnections } from "./pdk/redis/connections.js";
import { createHttpProxyTransport } from "./proxy/http-proxy-transport.js";
import type { Transport } from "./proxy/transport.js";
import { createUndiciTransport } from "./proxy/undici-transport.js";
import type { RuntimeSettings } from "./runtime/settings.js";
import { defaultWorkspaceId } from "./store/keys.js";
import { parseByteSize } from "./util/byte-size.js";
import { Cache, type CacheOptions } from "./util/cache.js";
import { compileIpSet } from "./util/ip.js";
import { envVault } from "./vaults/env.js";
import { VaultSet } from "./vaults/vault-set.js";
import { version } from "./version.js";

/**
 * A library should not chat: without a logger of the host's, only what somebody must see is printed. A logger of the host's is told
 * everything, and chooses itself.
 */
function levelLogger({ logger }: GatewayOptions): LevelLogger {
  if (logger instanceof LevelLogger) return logger;
  return logger === undefined ? new LevelLogger(consoleLogger, "warn") : new LevelLogger(logger, "debug");
}

/**
 * Turns options into what the request path works with.
 *
 * @throws OptionsError for a value that cannot be
 */
export function runtimeSettings(
  options: GatewayOptions,
  { store, statistics }: Pick<NodeContext, "store" | "statistics">,
): RuntimeSettings & { readonly logLevel: AdminLogLevel } {
  const upgrades = createHttpProxyTransport();
  const logger = levelLogger(options);
  return {
    logLevel: logger,
    node: {
      id: randomUUID(),
      hostname: hostname(),
      version,
      workspace: { id: defaultWorkspaceId, name: "default" },
      logger,
      now: options.clock ?? Date.now,
      pluginState: new Map(),
      vaults: new VaultSet([envVault(), ...(options.vaults ?? [])], {
        defaults: { env: { prefix: options.vaultEnvPrefix ?? null } },
        now: options.clock ?? Date.now,
      }),
      cache: new PdkCache(new Cache(cacheOptions(options))),
      store,
      statistics,
      queues: new Queues(logger),
      redis: new RedisConnections(options.redis ?? {}, logger),
      settings: {
        trusted: compileIpSet(options.trustedIps ?? [], "trustedIps"),
        realIpHeader: (options.realIpHeader ?? "X-Real-IP").toLowerCase(),
        realIpRecursive: options.realIpRecursive ?? false,
        clientBodyBufferSize: options.clientBodyBufferSize ?? 1_048_576,
      },
    },
    tokens: headerTokens(options),
    product: `postern/${version}`,
    transport: transportFor(options.transport ?? "undici", options, upgrades),
    upgrades,
    charset: options.charset?.toLowerCase() === "off" ? null : (options.charset ?? "UTF-8"),
    errorDefaultType: options.errorDefaultType ?? "text/plain",
  };
}

/** Kong's default, for the cache and for a configuration without a database. */
const defaultMemCacheSize = "128m";

/**
 * The option `memCacheSize` in bytes.
 *
 * @throws OptionsError when it is not a size
 */
export function memCacheBytes({ memCacheSize = defaultMemCacheSize }: GatewayOptions): number {
  const bytes = parseByteSize(memCacheSize);
  if (bytes === undefined || bytes === 0) {
    throw new OptionsError(
      "memCacheSize",
      `'${String(memCacheSize)}' is not a size; sizes are bytes, or texts such as "128m" or "1g"`,
    );
  }
  return bytes;
}

function cacheOptions(options: GatewayOptions): CacheOptions {
  const { dbCacheTtl = 0, dbCacheNegTtl = dbCacheTtl, dbResurrectTtl = 30, clock } = options;
  return {
    maxBytes: memCacheBytes(options),
    ttl: dbCacheTtl,
    negTtl: dbCacheNegTtl,
    resurrectTtl: dbResurrectTtl,
    ...(clock === undefined ? {} : { now: clock }),
  };
}

function transportFor(option: TransportOption, options: GatewayOptions, upgrades: Transport): Transport {
  if (typeof option === "object") return option;
  if (option === "http-proxy-3") return upgrades;
  if (option !== "undici") throw new OptionsError("transport", `'${String(option)}' is neither 'undici' nor 'http-proxy-3'`);
  const { upstreamKeepaliveIdleTimeout: idle, upstreamKeepaliveMaxRequests: requests } = options;
  return createUndiciTransport({
    ...(idle === undefined ? {} : { keepAliveTimeout: idle * 1000 }),
    ...(requests === undefined ? {} : { maxRequestsPerConnection: requests }),
  });
}
