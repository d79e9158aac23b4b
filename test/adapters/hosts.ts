import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import type { Gateway } from "postern";
import { getGatewayContext } from "postern";
import { fastifyGateway } from "postern/fastify";
import { honoGateway } from "postern/hono";
import { koaGateway } from "postern/koa";
import { describe } from "vitest";

/** A host application that listens. */
export interface Host extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
}

/**
 * Starts a host with the gateway before its own routes: `GET /own` answers `own`, `POST /own` the body it got, `GET /who` the consumer's
 * name, and `GET /fails` throws. Everything else is the framework's 404.
 */
export type StartHost = (gateway: Gateway) => Promise<Host>;

const who = (request: Parameters<RequestListener>[0]): string => getGatewayContext(request)?.consumer?.username ?? "nobody";

async function startHttp(gateway: Gateway): Promise<Host> {
  const server = createServer((req, res) => {
    gateway.handler(req, res, (error) => {
      if (error !== undefined || req.url === "/fails") res.writeHead(500).end("failed");
      else if (req.url === "/who") res.end(who(req));
      else if (req.url !== "/own") res.writeHead(404).end("nothing here");
      else if (req.method === "POST") req.pipe(res);
      else res.end("own");
    });
  });
  return listening(server.on("upgrade", gateway.upgrade));
}

async function startExpress(gateway: Gateway): Promise<Host> {
  const app = express();
  app.use(gateway.handler);
  app.get("/own", (_req, res) => void res.send("own"));
  app.post("/own", express.text({ type: "*/*" }), (req, res) => void res.send(req.body));
  app.get("/who", (req, res) => void res.send(who(req)));
  app.get("/fails", () => {
    throw new Error("host");
  });
  app.use(((_error, _req, res, _next) => void res.status(500).send("failed")) as express.ErrorRequestHandler);
  return listening(createServer(app).on("upgrade", gateway.upgrade));
}

async function startKoa(gateway: Gateway): Promise<Host> {
  const app = new Koa();
  app.silent = true;
  app.use(koaGateway(gateway));
  app.use(async (ctx) => {
    if (ctx.path === "/fails") throw new Error("host");
    if (ctx.path === "/who") ctx.body = who(ctx.req);
    if (ctx.path === "/own") ctx.body = ctx.method === "POST" ? ctx.req : "own";
  });
  return listening(createServer(app.callback()).on("upgrade", gateway.upgrade));
}

async function startFastify(gateway: Gateway): Promise<Host> {
  const app = fastify();
  await app.register(fastifyGateway, { gateway });
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.get("/own", async () => "own");
  app.post("/own", async (request) => request.body);
  app.get("/who", async (request) => who(request.raw));
  app.get("/fails", async () => {
    throw new Error("host");
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    ...addressOf(app.server),
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

async function startHono(gateway: Gateway): Promise<Host> {
  const app = new Hono<{ Bindings: { incoming: Parameters<RequestListener>[0] } }>();
  app.use(honoGateway(gateway));
  app.get("/own", (c) => c.text("own"));
  app.post("/own", async (c) => c.text(await c.req.text()));
  app.get("/who", (c) => c.text(who(c.env.incoming)));
  app.get("/fails", () => {
    throw new Error("host");
  });
  app.onError((_error, c) => c.text("failed", 500));
  const server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started as Server));
  });
  server.on("upgrade", gateway.upgrade);
  return { ...addressOf(server), [Symbol.asyncDispose]: () => closed(server) };
}

async function listening(server: Server): Promise<Host> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { ...addressOf(server), [Symbol.asyncDispose]: () => closed(server) };
}

function addressOf(server: Server): { server: Server; port: number; url: string } {
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}` };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const hosts: Readonly<Record<string, StartHost>> = {
  "node:http": startHttp,
  Express: startExpress,
  Koa: startKoa,
  Fastify: startFastify,
  Hono: startHono,
};

/** Runs the same tests in every host. */
export function eachHost(title: string, tests: (start: StartHost, host: string) => void): void {
  describe.each(Object.entries(hosts))(`${title} in %s`, (name, start) => tests(start, name));
}
