/** A Redis server under Kong's names: the record `redis` of a plugin's configuration. */
export interface RedisConfig {
  /** Name or address; or a name that the gateway's option `redis` explains. */
  readonly host: string | null;
  readonly port: number | null;
  /** Milliseconds for connecting, and for an answer. 0: no limit. */
  readonly timeout: number | null;
  /** Sent only together with a password; needs Redis 6. */
  readonly username: string | null;
  /** Empty: not sent. */
  readonly password: string | null;
  readonly database: number | null;
  readonly ssl: boolean | null;
  readonly ssl_verify: boolean | null;
  /** For TLS; default: the host, where it is a name. */
  readonly server_name: string | null;
}

/** A server of a {@link RedisTopology}. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Several servers in the place of one: a master that sentinels watch, or a cluster. User, password, database, timeout and TLS come from
 * the configuration of the plugin.
 */
export type RedisTopology =
  | {
      readonly sentinels: readonly RedisAddress[];
      /** The name under which the sentinels know the master. */
      readonly master: string;
      /** Default `master`. */
      readonly role?: "master" | "slave";
      readonly sentinelUsername?: string;
      readonly sentinelPassword?: string;
      /** The sentinels speak TLS too. Default `false`. */
      readonly sentinelTls?: boolean;
    }
  | {
      /** Some of the cluster's servers; the others are found by asking them. */
      readonly cluster: readonly RedisAddress[];
      /** How often a command follows a slot that has moved. Default 16. */
      readonly maxRedirections?: number;
    };

/** What distinguishes connections: configurations with the same key share one. */
export function connectionKey(config: RedisConfig): string {
  const { host, port, timeout, username, password, database, ssl, ssl_verify, server_name } = config;
  return JSON.stringify([host, port, timeout, username, password, database, ssl, ssl_verify, server_name]);
}

/** The server as log lines and errors name it. */
export function serverName({ host, port }: RedisConfig): string {
  return `${host ?? "127.0.0.1"}:${port ?? 6379}`;
}

/** What is wrong with the value of the option `redis` for one name; `undefined` when nothing is. */
export function topologyFault(value: unknown): string | undefined {
  const { sentinels, master, cluster } = (value ?? {}) as { sentinels?: unknown; master?: unknown; cluster?: unknown };
  if (cluster !== undefined) return areAddresses(cluster) ? undefined : "'cluster' must be a list of { host, port }";
  if (sentinels === undefined) return "either 'sentinels' and 'master', or 'cluster' is needed";
  if (!areAddresses(sentinels)) return "'sentinels' must be a list of { host, port }";
  return typeof master === "string" && master !== "" ? undefined : "'master' must be the name that the sentinels know";
}

function areAddresses(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0 && list.every(isAddress);
}

function isAddress(value: Partial<RedisAddress> | null): boolean {
  return typeof value?.host === "string" && value.host !== "" && Number.isInteger(value.port);
}
