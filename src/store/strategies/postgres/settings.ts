import { OptionsError } from "../../../errors/gateway-error.js";

/** How PostgreSQL is reached. Names are the camelCase forms of Kong's `pg_…` settings; times are in milliseconds. */
export interface PostgresOptions {
  /** Default `127.0.0.1`; a path that starts with `/` is the folder of a Unix socket. */
  readonly pgHost?: string;
  /** Default 5432. */
  readonly pgPort?: number;
  /** Default `kong`. */
  readonly pgUser?: string;
  readonly pgPassword?: string;
  /** Default `kong`. */
  readonly pgDatabase?: string;
  /** The schema that has our tables. Default: the first of the server's `search_path`, `public` for most. */
  readonly pgSchema?: string;
  /** How long connecting may take. Default 5000. */
  readonly pgTimeout?: number;
  /** Not in Kong, whose `pg_timeout` counts for this too. How long a statement may run; 0 = no limit. Default: `pgTimeout`. */
  readonly pgStatementTimeout?: number;
  /** Use TLS where the server has it. Default `false`. */
  readonly pgSsl?: boolean;
  /** With `pgSsl`: do not connect to a server without TLS. Default `false`. */
  readonly pgSslRequired?: boolean;
  /** With `pgSsl`: check the server's certificate. Default `false`. */
  readonly pgSslVerify?: boolean;
  /** Not in Kong, which uses `lua_ssl_trusted_certificate`. Certificates (PEM) of the authorities to trust. Default: those of Node. */
  readonly pgSslCa?: string;
  /** Our certificate (PEM), for servers that ask for one. */
  readonly pgSslCert?: string;
  /** The private key (PEM) of `pgSslCert`. */
  readonly pgSslCertKey?: string;
  /** Connections in the pool, and so statements at the same time. Default 10. */
  readonly pgPoolSize?: number;
  /** Statements at the same time; 0 (default) = as many as the pool has connections. */
  readonly pgMaxConcurrentQueries?: number;
  /** How long a statement waits for its turn. Default 60,000. */
  readonly pgSemaphoreTimeout?: number;
  /** After how long an idle connection is closed. Default 60,000. */
  readonly pgKeepaliveTimeout?: number;
}

/** {@link PostgresOptions} with nothing left open. */
export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly schema: string | undefined;
  readonly connectTimeout: number;
  readonly statementTimeout: number;
  readonly ssl:
    | false
    | { readonly rejectUnauthorized: boolean; readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sslRequired: boolean;
  readonly connections: number;
  readonly turnTimeout: number;
  readonly idleTimeout: number;
}

/** Every name of {@link PostgresOptions}, and what its value is. */
export const postgresOptionKinds: Readonly<Record<keyof PostgresOptions, "number" | "text" | "switch">> = {
  pgHost: "text",
  pgPort: "number",
  pgUser: "text",
  pgPassword: "text",
  pgDatabase: "text",
  pgSchema: "text",
  pgTimeout: "number",
  pgStatementTimeout: "number",
  pgSsl: "switch",
  pgSslRequired: "switch",
  pgSslVerify: "switch",
  pgSslCa: "text",
  pgSslCert: "text",
  pgSslCertKey: "text",
  pgPoolSize: "number",
  pgMaxConcurrentQueries: "number",
  pgSemaphoreTimeout: "number",
  pgKeepaliveTimeout: "number",
};

/**
 * Fills in defaults.
 *
 * @throws OptionsError for a value that cannot be
 */
export function postgresSettings(options: PostgresOptions): PostgresSettings {
  for (const [name, kind] of Object.entries(postgresOptionKinds)) {
    const value = options[name as keyof PostgresOptions];
    const fault = value === undefined ? undefined : faultOf(kind, value);
    if (fault !== undefined) throw new OptionsError(name, fault);
  }
  const { pgTimeout = 5000, pgMaxConcurrentQueries = 0, pgPoolSize = 10 } = options;
  if (pgPoolSize === 0) throw new OptionsError("pgPoolSize", "must be at least 1");
  return {
    host: options.pgHost ?? "127.0.0.1",
    port: options.pgPort ?? 5432,
    user: options.pgUser ?? "kong",
    password: options.pgPassword,
    database: options.pgDatabase ?? "kong",
    schema: options.pgSchema,
    connectTimeout: pgTimeout,
    statementTimeout: options.pgStatementTimeout ?? pgTimeout,
    ssl: options.pgSsl === true ? tlsOf(options) : false,
    sslRequired: options.pgSslRequired ?? false,
    connections: pgMaxConcurrentQueries === 0 ? pgPoolSize : Math.min(pgPoolSize, pgMaxConcurrentQueries),
    turnTimeout: options.pgSemaphoreTimeout ?? 60_000,
    idleTimeout: options.pgKeepaliveTimeout ?? 60_000,
  };
}

function faultOf(kind: "number" | "text" | "switch", value: unknown): string | undefined {
  if (kind === "text") return typeof value === "string" ? undefined : "must be a text";
  if (kind === "switch") return typeof value === "boolean" ? undefined : "must be true or false";
  return Number.isInteger(value) && (value as number) >= 0 ? undefined : "must be a whole number, 0 or more";
}

function tlsOf({
  pgSslVerify = false,
  pgSslCa,
  pgSslCert,
  pgSslCertKey,
}: PostgresOptions): Exclude<PostgresSettings["ssl"], false> {
  return {
    rejectUnauthorized: pgSslVerify,
    ...(pgSslCa === undefined ? {} : { ca: pgSslCa }),
    ...(pgSslCert === undefined ? {} : { cert: pgSslCert }),
    ...(pgSslCertKey === undefined ? {} : { key: pgSslCertKey }),
  };
}
