import http from "node:http";

/**
 * Listens on a free port of the loopback interface.
 *
 * @param {{ listen: Function }} target - an `http.Server` or an Express application
 * @returns {Promise<number>} the port
 */
export function listen(target) {
  return new Promise((resolve, reject) => {
    const server = target.listen(0, "127.0.0.1", () => resolve(server.address().port));
    server.on("error", reject);
  });
}

/** The agent for proxies built on `http.request`: unlimited sockets, enough idle ones kept for every connection of the load. */
export function keepAliveAgent() {
  return new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1024 });
}
