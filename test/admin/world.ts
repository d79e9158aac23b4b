/** A configuration with one of everything that the tests of the Admin API ask for. */
export const ids = {
  orders: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a01",
  stock: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a02",
  route: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a03",
  hostRoute: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a04",
  consumer: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a05",
  key: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a06",
  upstreamA: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a07",
  upstreamB: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a08",
  targetA: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a09",
  targetB: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a10",
  limit: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a11",
  nobody: "00000000-0000-4000-8000-000000000000",
} as const;

export const world = {
  _format_version: "3.0",
  services: [
    { id: ids.orders, name: "orders", url: "http://orders.test:8080/v1", tags: ["shop", "eu"] },
    { id: ids.stock, name: "stock", host: "stock.test", tags: ["shop"] },
  ],
  routes: [
    { id: ids.route, name: "orders-route", paths: ["/orders"], service: { id: ids.orders } },
    { id: ids.hostRoute, name: "host-route", paths: ["/own"] },
  ],
  consumers: [{ id: ids.consumer, username: "bob smith", keyauth_credentials: [{ id: ids.key, key: "secret" }] }],
  upstreams: [
    { id: ids.upstreamA, name: "a", targets: [{ id: ids.targetA, target: "10.0.0.1:8000" }] },
    { id: ids.upstreamB, name: "b", targets: [{ id: ids.targetB, target: "10.0.0.1:8000", weight: 0 }] },
  ],
  plugins: [{ id: ids.limit, name: "rate-limiting", service: { id: ids.orders }, config: { minute: 5, policy: "local" } }],
};
