// A process of its own: it ends by itself once the gateway is closed, or the test that started it fails.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway } from "../../src/index.js";

const upstream = createServer((_request, response) => void response.end("ok"));
await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
const gateway = createGateway({
  _format_version: "3.0",
  services: [
    { name: "s", url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`, routes: [{ name: "all", paths: ["/"] }] },
  ],
  plugins: [{ name: "rate-limiting", config: { minute: 100, policy: "local" } }],
});
const { proxy } = await gateway.listen({ proxy: { port: 0, host: "127.0.0.1" } });
const response = await fetch(`http://127.0.0.1:${proxy?.port}`, { headers: { connection: "close" } });
await response.text();
await gateway.close();
// What is left of the upstream must not hold the process: its server alone is not the gateway's business.
upstream.close();
console.log(`${response.status} closed`);
