/** A gateway in a process of its own, for the benchmark of shared counters: gets its options as JSON, and tells its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway, type GatewayOptions } from "../../../src/index.js";

const quiet = (): void => undefined;
const gateway = createGateway({
  ...(JSON.parse(process.argv[2] ?? "{}") as GatewayOptions),
  logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
await gateway.ready();
const server = createServer(gateway.handler);
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once("disconnect", () => {
  server.close();
  server.closeAllConnections();
  // The pool's connections to a database that was killed are gone already; nothing is left that could keep the process.
  void gateway.close().finally(() => process.exit());
});
