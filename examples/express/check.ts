import assert from "node:assert/strict";
import { start } from "./main.js";

const { url, close } = await start(0);
try {
  const proxied = await fetch(`${url}/orders/42`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ amount: 3 }),
  });
  const seen = (await proxied.json()) as { upstream: string; url: string; body: string };
  assert.equal(seen.upstream, "orders");
  assert.equal(seen.url, "/42");
  assert.equal(seen.body, '{"amount":3}', "the body that express.json() has read is proxied");

  const own = await fetch(`${url}/hello`);
  assert.deepEqual(await own.json(), { hello: "from Express" });
  assert.equal((await fetch(`${url}/nothing-here`)).status, 404);
} finally {
  await close();
}
