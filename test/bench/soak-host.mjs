/**
 * The gateway's process in the soak test: like `contender-host.mjs`, but it answers with what is alive in it after a garbage
 * collection. Needs --expose-gc.
 */
import { subscribe } from "node:diagnostics_channel";
import { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { queryObjects } from "node:v8";

const [, , module, settings] = process.argv;
const open = { client: new Set(), upstream: new Set() };
let warnings = 0;

const follow =
  (set) =>
  ({ socket }) => {
    set.add(socket);
    socket.once("close", () => set.delete(socket));
  };
subscribe("net.server.socket", follow(open.client));
subscribe("net.client.socket", follow(open.upstream));
process.on("warning", (warning) => {
  if (warning.name === "MaxListenersExceededWarning") warnings += 1;
});

try {
  const { start } = await import(module);
  process.send({ port: await start(JSON.parse(settings)) });
} catch (error) {
  process.send({ error: error instanceof Error ? error.message : String(error), code: error?.code ?? null });
  process.disconnect();
}

function listeners(emitter) {
  return emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0);
}

async function census() {
  // What a finalizer or a closing socket holds is freed one turn later.
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await turn();
  }
  const sockets = [...open.client, ...open.upstream];
  return {
    clientSockets: open.client.size,
    upstreamSockets: open.upstream.size,
    mostListenersOnASocket: Math.max(0, ...sockets.map(listeners)),
    processListeners: listeners(process),
    listenerWarnings: warnings,
    liveRequests: queryObjects(IncomingMessage, { format: "count" }),
    liveResponses: queryObjects(ServerResponse, { format: "count" }),
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
    heapKilobytes: Math.round(process.memoryUsage().heapUsed / 1024),
    externalKilobytes: Math.round(process.memoryUsage().external / 1024),
    rssKilobytes: Math.round(process.memoryUsage.rss() / 1024),
  };
}

process.on("message", async (question) => {
  process.send(question === "sockets" ? open.client.size : await census());
});
process.on("disconnect", () => process.exit());
