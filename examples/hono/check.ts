import assert from "node:assert/strict";
import { start } from "./main.js";

const { url, close } = await start(0);
try {
  const seen = (await (await fetch(`${url}/orders/42`)).json()) as { upstream: string; url: string };
  assert.equal(seen.upstream, "orders");
  assert.equal(seen.url, "/42");

  const own = await fetch(`${url}/hello`);
  assert.deepEqual(await own.json(), { hello: "from Hono" });
  assert.equal((await fetch(`${url}/nothing-here`)).status, 404);
} finally {
  await close();
}
