import type { IncomingMessage, ServerResponse } from "node:http";
import { checkGateway } from "../errors/check-argument.js";
import type { Gateway } from "../gateway.js";

/** What of Hono's context this adapter touches; `env` is what `@hono/node-server` puts there. */
interface HonoContext {
  readonly env: unknown;
  get res(): Response;
  set res(response: Response | undefined);
}

/** Tells `@hono/node-server` that the answer has been written to Node's response already. */
const ALREADY_SENT = { "x-hono-already-sent": "true" };

/**
 * Mounts a gateway in Hono on `@hono/node-server`: `app.use(honoGateway(gateway))`.
 *
 * What matches no route, and what matches a route without a service once its plugins have let it through, goes on to the handlers
 * that follow.
 *
 * @param gateway - from `createGateway`
 * @throws Error (rejects) when Hono does not run on `@hono/node-server`
 */
export function honoGateway(
  gateway: Pick<Gateway<never>, "handler">,
): (context: HonoContext, next: () => Promise<void>) => Promise<void> {
  checkGateway(gateway);
  return async function gatewayMiddleware(context, next) {
    const { incoming, outgoing } = (context.env ?? {}) as { incoming?: IncomingMessage; outgoing?: ServerResponse };
    if (incoming === undefined || outgoing === undefined) {
      throw new Error("honoGateway needs Node's request and response: serve the app with @hono/node-server");
    }
    const handedOver = await new Promise<boolean>((resolve, reject) => {
      if (outgoing.closed) return resolve(false);
      outgoing.once("close", () => resolve(false));
      gateway.handler(incoming, outgoing, (error?: unknown) => (error === undefined ? resolve(true) : reject(error)));
    });
    if (handedOver) return next();
    // Emptied first: Hono would merge the two into a copy, and a copy is written anew.
    context.res = undefined;
    context.res = alreadySent();
  };
}

/**
 * `@hono/node-server` puts a light class in place of the global `Response`, and writes such an object without a look at its headers.
 * Asking for the body turns it into a full one.
 */
function alreadySent(): Response {
  const response = new Response(null, { headers: ALREADY_SENT });
  void response.body;
  return response;
}
