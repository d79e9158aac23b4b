import type { FastifyInstance } from "fastify";
import { checkGateway } from "../errors/check-argument.js";
import type { Gateway } from "../gateway.js";

/** Options of {@link fastifyGateway}. */
export interface FastifyGatewayOptions {
  /** From `createGateway`. */
  readonly gateway: Pick<Gateway<never>, "handler" | "attach">;
  /** Proxy WebSockets of this server too. Default `true`. */
  readonly upgrades?: boolean;
}

/**
 * Mounts a gateway in Fastify: `await fastify.register(fastifyGateway, { gateway })`.
 *
 * It runs before Fastify reads the body, so that bodies stream through. What matches no route, and what matches a route without a
 * service once its plugins have let it through, goes on to Fastify's own routes.
 */
export async function fastifyGateway(fastify: FastifyInstance, options: FastifyGatewayOptions): Promise<void> {
  checkGateway((options as Partial<FastifyGatewayOptions> | undefined)?.gateway);
  const { gateway, upgrades = true } = options;
  // `done` is called for what Fastify is to answer; for the rest the hook stays open, and the answer goes to the raw response.
  fastify.addHook("onRequest", (request, reply, done) => {
    gateway.handler(request.raw, reply.raw, (error?: unknown) => done(error as Error | undefined));
  });
  if (upgrades) gateway.attach(fastify.server as Parameters<typeof gateway.attach>[0]);
}

// Without this, Fastify would keep the hook to routes registered inside of this plugin (its documented "skip-override" symbol).
Object.defineProperty(fastifyGateway, Symbol.for("skip-override"), { value: true });
