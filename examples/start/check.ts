import assert from "node:assert/strict";
import { start } from "./main.js";

const { gateway, proxyUrl, adminUrl, reload, close } = await start({ proxy: 0, admin: 0, upstreams: [0, 0] });
try {
  const products = await Promise.all([1, 2, 3, 4].map(() => fetch(`${proxyUrl}/shop/products`)));
  const seen = await Promise.all(products.map(async (response) => (await response.json()) as { upstream: string; url: string }));
  assert.deepEqual([...new Set(seen.map(({ upstream }) => upstream))].sort(), ["shop-1", "shop-2"]);
  assert.equal(seen[0]?.url, "/api/products");
  assert.match(products[0]?.headers.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/);

  assert.equal((await fetch(`${proxyUrl}/shop/orders`)).status, 401);
  const asAlice = await fetch(`${proxyUrl}/shop/orders`, { headers: { apikey: "alice-key" } });
  assert.equal(asAlice.status, 200);
  assert.equal(asAlice.headers.get("x-ratelimit-limit-minute"), "5");
  const { url, headers } = (await asAlice.json()) as { url: string; headers: Record<string, string> };
  assert.equal(url, "/api/shop/orders");
  assert.equal(headers["x-consumer-username"], "alice");
  assert.equal(headers.apikey, undefined);

  const preflight = await fetch(`${proxyUrl}/shop/products`, {
    method: "OPTIONS",
    headers: { origin: "http://localhost:3000", "access-control-request-method": "GET" },
  });
  assert.equal(preflight.headers.get("access-control-allow-origin"), "http://localhost:3000");

  const routes = (await (await fetch(`${adminUrl}/routes`)).json()) as { data: { name: string }[] };
  assert.deepEqual(routes.data.map(({ name }) => name).sort(), ["catalogue", "orders"]);

  const { hash } = gateway.config;
  await reload();
  assert.equal(gateway.config.hash, hash);
} finally {
  await close();
}
