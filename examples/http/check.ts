import assert from "node:assert/strict";
import { start } from "./main.js";

const { url, close } = await start(0);
try {
  const proxied = await fetch(`${url}/orders/42?full=1`);
  assert.equal(proxied.status, 200);
  assert.match(proxied.headers.get("x-correlation-id") ?? "", /#1$/);
  const seen = (await proxied.json()) as { upstream: string; url: string; headers: Record<string, string> };
  assert.equal(seen.upstream, "orders");
  assert.equal(seen.url, "/42?full=1", "strip_path cuts /orders off");
  assert.equal(seen.headers["x-forwarded-prefix"], "/orders");

  const missing = await fetch(`${url}/nothing-here`);
  assert.equal(missing.status, 404);
  assert.equal(((await missing.json()) as { message: string }).message, "no Route matched with those values");
} finally {
  await close();
}
