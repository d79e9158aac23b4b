const ROUTES_PER_SERVICE = 10;
const CONSUMERS = 100;
/** High enough never to be reached: what is measured is counting, not refusing. */
const LIMIT_PER_MINUTE = 1_000_000_000;

/**
 * The declarative configuration of a postern contender. Its paths and keys are those which the load asks for.
 *
 * @param {{ upstream: { host: string, port: number }, routes: number, plugins: boolean }} settings
 */
export function gatewayDocument({ upstream, routes, plugins }) {
  const services = [];
  for (let first = 0; first < routes; first += ROUTES_PER_SERVICE) {
    const number = first / ROUTES_PER_SERVICE;
    const service = { name: `service-${number}`, protocol: "http", host: upstream.host, port: upstream.port, routes: [] };
    for (let index = first; index < Math.min(routes, first + ROUTES_PER_SERVICE); index++) {
      service.routes.push({
        name: `route-${index}`,
        paths: [`/api/${String(index).padStart(5, "0")}`],
        strip_path: false,
      });
    }
    services.push(service);
  }
  const document = { _format_version: "3.0", services };
  if (!plugins) return document;
  return {
    ...document,
    consumers: Array.from({ length: CONSUMERS }, (_, index) => ({
      username: `consumer-${index}`,
      keyauth_credentials: [{ key: `key-${String(index).padStart(3, "0")}` }],
    })),
    plugins: [
      { name: "key-auth" },
      { name: "rate-limiting", config: { minute: LIMIT_PER_MINUTE, policy: "local" } },
      { name: "correlation-id" },
    ],
  };
}
