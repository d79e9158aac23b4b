import type { IncomingMessage } from "node:http";
import type { Consumer } from "../entities/consumers.js";
import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { Credential, RequestContext } from "../pdk/request-context.js";

/** What the gateway knows of a request that it has routed. */
export interface GatewayContext {
  readonly requestId: string;
  readonly route: Route | null;
  readonly service: Service | null;
  /** Who calls, when an authentication plugin has found out. */
  readonly consumer: Consumer | null;
  readonly credential: Credential | null;
  /** What plugins left in `pdk.ctx.shared`. */
  readonly shared: Readonly<Record<string, unknown>>;
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Keeps the context for the host's own code. Only requests that are handed to the host pay for it. */
export function rememberContext(context: RequestContext): void {
  contexts.set(context.incoming, context);
}

/**
 * Tells a host's own handler what the gateway found out about its request.
 *
 * @param request - Node's request, as the gateway's handler got it
 * @returns `undefined` for requests that no gateway has routed
 * @example
 * ```ts
 * app.get("/me", (req, res) => res.json(getGatewayContext(req)?.consumer));
 * ```
 */
export function getGatewayContext(request: IncomingMessage): GatewayContext | undefined {
  const context = contexts.get(request);
  if (context === undefined) return undefined;
  const { requestId, route, service, consumer, credential, shared } = context;
  return { requestId, route, service, consumer, credential, shared: shared ?? {} };
}
