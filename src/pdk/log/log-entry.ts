/** A try to reach the upstream, as logs show it. */
export interface LoggedTry {
  /** The address that was tried; a host name where the name was resolved while connecting. */
  readonly ip: string;
  readonly port: number;
  /** When the choice of the peer began, in milliseconds since the epoch. */
  readonly balancer_start: number;
  readonly balancer_start_ns: number;
  /** Milliseconds that the choice took. */
  readonly balancer_latency: number;
  readonly balancer_latency_ns: number;
  readonly state?: "failed";
  readonly code?: number;
}

/** Values by name; repeated ones as lists. */
export type LoggedValues = Record<string, string | string[]>;

/** What is logged of a request: Kong's log format. Times are in milliseconds. What is not known is not there. */
export interface LogEntry {
  readonly request: {
    readonly id: string;
    readonly uri: string;
    readonly url: string;
    readonly querystring: Readonly<Record<string, string | true | readonly (string | true)[]>>;
    readonly method: string;
    /** `authorization` and `proxy-authorization` are `REDACTED`. */
    readonly headers: LoggedValues;
    readonly size: number;
    readonly tls?: { readonly version: string | null; readonly cipher: string; readonly client_verify: string };
  };
  readonly upstream_uri: string;
  /** All tries: `"502, 200"`; a number for buffered requests; empty when no upstream was asked. */
  readonly upstream_status: string | number;
  readonly response: { readonly status: number; readonly headers: LoggedValues; readonly size: number };
  readonly latencies: {
    readonly kong: number;
    /** -1 when no upstream was asked. */
    readonly proxy: number;
    readonly request: number;
    readonly receive: number;
  };
  readonly tries?: readonly LoggedTry[];
  readonly authenticated_entity?: { readonly id: string; readonly consumer_id?: string };
  readonly route?: Readonly<Record<string, unknown>>;
  readonly service?: Readonly<Record<string, unknown>>;
  readonly consumer?: Readonly<Record<string, unknown>>;
  readonly client_ip: string;
  readonly started_at: number;
  readonly source: "upstream" | "kong";
  readonly workspace: string;
  readonly workspace_name: string;
  /** What plugins have added. */
  readonly [key: string]: unknown;
}
