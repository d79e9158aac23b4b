/** httpxy with a keep-alive agent that has room for all connections. */
import http from "node:http";
import { createProxyServer } from "httpxy";
import { keepAliveAgent, listen } from "../listen.mjs";

export function start({ upstream }) {
  const proxy = createProxyServer({ target: upstream.origin, agent: keepAliveAgent() });
  proxy.on("error", () => {});
  return listen(
    http.createServer((req, res) => {
      proxy.web(req, res).catch(() => {
        if (!res.headersSent) res.writeHead(502);
        res.end();
      });
    }),
  );
}
