import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { OptionsError } from "./errors/gateway-error.js";
import { type GatewayOptions, headerTokens, type TransportOption } from "./options.js";
import { PdkCache } from "./pdk/cache.js";
import type { Logger } from "./pdk/node-context.js";
import { createHttpProxyTransport } from "./proxy/http-proxy-transport.js";
import type { Transport } from "./proxy/transport.js";
import { createUndiciTransport } from "./proxy/undici-transport.js";
import type { RuntimeSettings } from "./runtime/settings.js";
import { parseByteSize } from "./util/byte-size.js";
import { Cache, type CacheOptions } from "./util/cache.js";
import { compileIpSet } from "./util/ip.js";
import { envVault } from "./vaults/env.js";
import { VaultSet } from "./vaults/vault-set.js";
import { version } from "./version.js";

const quiet = (): void => undefined;

/** A library should not chat: without a logger of the host's, only what somebody must see is printed. */
const defaultLogger: Logger = {
  debug: quiet,
  info: quiet,
  warn: (message, details) => console.warn(`[postern] ${message}`, details ?? ""),
  error: (message, details) => console.error(`[postern] ${message}`, details ?? ""),
};

/**
 * Turns options into what the request path works with.
 *
 * @throws OptionsError for a value that cannot be
 */
export function runtimeSettings(options: GatewayOptions): RuntimeSettings {
  const upgrades = createHttpProxyTransport();
  return {
    node: {
      id: randomUUID(),
      hostname: hostname(),
      version,
      logger: options.logger ?? defaultLogger,
      now: options.clock ?? Date.now,
      pluginState: new Map(),
      vaults: new VaultSet([envVault(), ...(options.vaults ?? [])], { env: { prefix: options.vaultEnvPrefix ?? null } }),
      cache: new PdkCache(new Cache(cacheOptions(options))),
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
