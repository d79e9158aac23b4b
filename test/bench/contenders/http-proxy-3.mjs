/** http-proxy-3 as its README uses it, with a keep-alive agent (without one it opens a connection for each request). */
import http from "node:http";
import httpProxy from "http-proxy-3";
import { keepAliveAgent, listen } from "../listen.mjs";

export function start({ upstream }) {
  const proxy = httpProxy.createProxyServer({ target: upstream.origin, agent: keepAliveAgent() });
  proxy.on("error", (_error, _req, res) => {
    if (!res.headersSent) res.writeHead?.(502);
    res.end();
  });
  return listen(http.createServer((req, res) => proxy.web(req, res)));
}
