/** Express with http-proxy-middleware, Express's response extras off and a keep-alive agent. */
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import { keepAliveAgent, listen } from "../listen.mjs";

export function start({ upstream }) {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(createProxyMiddleware({ target: upstream.origin, agent: keepAliveAgent() }));
  return listen(app);
}
