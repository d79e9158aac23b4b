import type { IncomingMessage, ServerResponse } from "node:http";
import { checkGateway } from "../errors/check-argument.js";
import type { Gateway } from "../gateway.js";

/** What of Koa's context this adapter touches. */
interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean;
}

/**
 * Mounts a gateway in Koa: `app.use(koaGateway(gateway))`.
 *
 * What matches a route is answered by the gateway. What matches none, and what matches a route without a service once its plugins
 * have let it through, goes on to the middleware that follows.
 *
 * @param gateway - from `createGateway`
 * @returns Koa middleware
 */
export function koaGateway(
  gateway: Pick<Gateway<never>, "handler">,
): (context: KoaContext, next: () => Promise<unknown>) => Promise<void> {
  checkGateway(gateway);
  return async function gatewayMiddleware(context, next) {
    const handedOver = await new Promise<boolean>((resolve, reject) => {
      if (context.res.closed) return resolve(false);
      context.res.once("close", () => resolve(false));
      gateway.handler(context.req, context.res, (error?: unknown) => (error === undefined ? resolve(true) : reject(error)));
    });
    if (handedOver) await next();
    // The answer is out: Koa must not write one of its own.
    else context.respond = false;
  };
}
