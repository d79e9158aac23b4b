import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Cluster, Redis, RedisOptions } from "ioredis";
import { lazyOptional } from "../../util/lazy-require.js";
import type { RedisConfig, RedisTopology } from "./config.js";

const ioredis = lazyOptional<typeof import("ioredis")>("ioredis", "a plugin that keeps data in Redis");

/** One connection, or one per server of a cluster. */
export type RedisClient = Redis | Cluster;

/** Ours is to say when to connect again: a client that has lost its server ends. */
const never = (): null => null;

/**
 * Makes a client that is not connected yet, and will not connect again by itself.
 *
 * @throws MissingPackageError when the package `ioredis` is not installed
 */
export function makeClient(config: RedisConfig, topology: RedisTopology | undefined): RedisClient {
  const { Cluster, Redis } = ioredis();
  const options = commonOptions(config);
  if (topology === undefined) return new Redis({ ...options, host: config.host ?? "127.0.0.1", port: config.port ?? 6379 });
  if ("cluster" in topology) {
    return new Cluster([...topology.cluster], {
      redisOptions: options,
      clusterRetryStrategy: never,
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRedirections: topology.maxRedirections ?? 16,
      ...(config.timeout ? { slotsRefreshTimeout: config.timeout } : {}),
      // Certificates are for names: nodes that tell addresses are asked by the name that we were given.
      ...(config.ssl ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
    });
  }
  const { sentinels, master, role, sentinelUsername, sentinelPassword, sentinelTls } = topology;
  return new Redis({
    ...options,
    sentinels: [...sentinels],
    name: master,
    role: role ?? "master",
    sentinelRetryStrategy: never,
    ...(config.timeout ? { sentinelCommandTimeout: config.timeout } : {}),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(config.ssl ? { enableTLSForSentinelMode: true } : {}),
    ...(sentinelTls ? { sentinelTLS: tlsOptions(config) } : {}),
  });
}

function commonOptions(config: RedisConfig): RedisOptions {
  const { username, password, database, timeout, ssl } = config;
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: never,
    // Two commands less per connection, which a restricted user may not be allowed.
    disableClientInfo: true,
    // One timer per connection, not one per command: a server that does not answer is given up with all that waits for it.
    ...(timeout ? { connectTimeout: timeout, socketTimeout: timeout } : {}),
    ...(password ? { password, ...(username === null ? {} : { username }) } : {}),
    ...(database ? { db: database } : {}),
    ...(ssl ? { tls: tlsOptions(config) } : {}),
  };
}

function tlsOptions({ host, ssl_verify, server_name }: RedisConfig): ConnectionOptions {
  const name = server_name ?? (host !== null && isIP(host) === 0 ? host : undefined);
  return { rejectUnauthorized: ssl_verify === true, ...(name === undefined ? {} : { servername: name }) };
}
