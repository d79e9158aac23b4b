import type { PluginError } from "../plugin-runner/run.js";
import type { UpgradeHandler, UpstreamRequest } from "../proxy/transport.js";
import { addProxiedHeaders, filterHead } from "./answer-head.js";
import type { GatewayExchange } from "./exchange.js";
import type { UpgradeSocket } from "./exchange-types.js";
import { cleanResponseHeaders } from "./response-headers.js";

/** Carries a WebSocket: the upgrade request to the peer, its answer to the client, and then the bytes of both. */
export function openTunnel(exchange: GatewayExchange, { socket, head }: UpgradeSocket, request: UpstreamRequest): void {
  const { settings } = exchange.owner;
  const handler: UpgradeHandler = {
    onConnected() {
      exchange.connected = true;
    },
    onHead(status, _statusText, raw) {
      exchange.answered = settings.node.now();
      exchange.serviceStatus = status;
      exchange.serviceHeaders = raw;
      exchange.status = status;
      const cleaned = cleanResponseHeaders(raw, "websocket", false, settings.charset);
      exchange.headers = cleaned.headers;
      try {
        filterHead(exchange, () => exchange.pdk, exchange.late);
      } catch (error) {
        exchange.report(error as PluginError);
      }
      const headers = exchange.headers;
      addProxiedHeaders(headers, exchange, settings, exchange, cleaned);
      headers.push("Connection", status === 101 ? "upgrade" : "close");
      // Node's server leaves a half-closed socket open for good; who asks for an upgrade and closes has left.
      if (status !== 101) socket.once("end", () => socket.destroy());
      // The head goes to the bare socket: the response object must not write to it any more.
      exchange.headSent = true;
      exchange.response.detachSocket(exchange.incoming.socket);
      return headers;
    },
    onClose() {
      exchange.closed();
    },
    onError(error) {
      if (exchange.headSent) exchange.closed();
      else if (error.kind === "aborted") socket.destroy();
      else exchange.onError(error);
    },
  };
  settings.upgrades.upgrade?.({ request, incoming: exchange.incoming, socket, head }, handler);
}
