import { createServer } from "node:http";
import { createGateway, definePlugin, setOf, str } from "postern";
import { listen, type Running, startUpstream } from "../support.js";

/** Lets only known tenants through, and tells the upstream and the client which one it is. */
const tenant = definePlugin({
  name: "tenant",
  version: "1.0.0",
  priority: 950, // after authentication, before rate limiting
  config: {
    header_name: str({ required: true, default: "X-Tenant", description: "The request header that names the tenant." }),
    allowed: setOf(str(), { required: true, lenMin: 1, description: "Tenants that may pass." }),
  },

  // What it keeps of a request: `pdk.ctx.plugin`, with this type.
  context: () => ({ name: "" }),

  access(pdk, config) {
    // `config` is typed from the fields above: `allowed` is a list of strings, `header_name` a string.
    const name = pdk.request.getHeader(config.header_name)?.toLowerCase();
    if (name === undefined || !config.allowed.includes(name)) {
      return pdk.response.error(403, "unknown tenant");
    }
    pdk.ctx.plugin.name = name;
    pdk.service.request.setHeader("X-Tenant-Path", `/tenants/${name}`);
  },

  headerFilter(pdk) {
    const { name } = pdk.ctx.plugin;
    if (name !== "") pdk.response.setHeader("X-Served-Tenant", name);
  },

  log(pdk) {
    pdk.log.debug("served", { tenant: pdk.ctx.plugin.name, status: pdk.response.getStatus() });
  },
});

export async function start(port = 8000): Promise<Running> {
  const upstream = await startUpstream("orders");

  const gateway = createGateway({
    plugins: [tenant],
    declarativeConfig: {
      _format_version: "3.0",
      services: [
        {
          name: "orders",
          url: upstream.url,
          routes: [{ name: "orders", paths: ["/orders"] }],
          plugins: [{ name: "tenant", config: { allowed: ["blue", "green"] } }],
        },
      ],
    },
  });

  const { url, close } = await listen(createServer(gateway.handler), port);
  return {
    url,
    async close() {
      await close();
      await gateway.close();
      await upstream.close();
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await start();
  console.log(`try: curl -i ${url}/orders\nand: curl -i ${url}/orders -H 'X-Tenant: blue'`);
}
