import type { NodeContext } from "../pdk/node-context.js";
import type { Transport } from "../proxy/transport.js";

/** Which of Kong's own headers go onto answers (`headers` setting) and upstream requests (`headers_upstream`). */
export interface HeaderTokens {
  readonly server: boolean;
  readonly via: boolean;
  readonly proxyLatency: boolean;
  readonly responseLatency: boolean;
  readonly upstreamLatency: boolean;
  readonly upstreamStatus: boolean;
  readonly adminLatency: boolean;
  readonly requestId: boolean;
  readonly upstreamRequestId: boolean;
}

/** What the request path needs beside the snapshot. Does not change during the life of a gateway. */
export interface RuntimeSettings {
  readonly node: NodeContext;
  readonly tokens: HeaderTokens;
  /** Product name and version, as in `Server` and `Via`. */
  readonly product: string;
  readonly transport: Transport;
  /** Carries upgrades. */
  readonly upgrades: Transport;
  /** Charset added to text types that name none; `null` adds none. */
  readonly charset: string | null;
  /** Media type of core errors when neither `Accept` nor `Content-Type` decides. */
  readonly errorDefaultType: string;
}
