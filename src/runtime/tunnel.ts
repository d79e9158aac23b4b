import type { UpgradeHandler, UpstreamRequest } from "../proxy/transport.js";
import { addProxiedHeaders, filterHead } from "./answer-head.js";
import type { GatewayExchange } from "./exchange.js";
import type { UpgradeSocket } from "./exchange-types.js";
import { noteHead } from "./log-notes.js";
import { cleanResponseHeaders } from "./response-headers.js";

/** Carries a WebSocket: the upgrade request to the peer, its answer to the client, and then the bytes of both. */
export function openTunnel(exchange: GatewayExchange, { socket, head }: UpgradeSocket, request: UpstreamRequest): void {
  const { settings } = exchange.owner;
  if (exchange.buffered || exchange.late.response !== null) {
    exchange.buffered = false;
    const upgrade = exchange.incoming.headers.upgrade;
    settings.node.logger.info(`response buffering was turned off: connection upgrade (${upgrade})`, {
      request_id: exchange.requestId,
    });
  }
  const handler: UpgradeHandler = {
    onConnected() {
      exchange.connected = true;
    },
    onHead(status, _statusText, raw) {
      exchange.answered = settings.node.now();
      exchange.serviceStatus = status;
      exchange.serviceHeaders = raw;
      exchange.status = status;
      if (exchange.late.log !== null) noteHead(exchange);
      const cleaned = cleanResponseHeaders(raw, "websocket", false, settings.charset);
      exchange.headers = cleaned.headers;
      try {
        const isKept = filterHead(exchange, () => exchange.pdk, exchange.late);
        if (!isKept) throw new Error("a header filter cannot answer in the place of an upgrade");
      } catch (error) {
        // As for other answers: the client gets none.
        exchange.report(error);
        socket.destroy();
      }
      const headers = exchange.headers;
      addProxiedHeaders(headers, exchange, settings, exchange, cleaned);
      headers.push("Connection", status === 101 ? "upgrade" : "close");
      // Node's server leaves a half-closed socket open for good; who asks for an upgrade and closes has left.
      if (status !== 101) socket.once("end", () => socket.destroy());
      // The head goes to the bare socket: the response object must not write to it any more.
      exchange.headSent = true;
      exchange.response.detachSocket(exchange.socket);
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
