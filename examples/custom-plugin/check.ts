import assert from "node:assert/strict";
import { start } from "./main.js";

const { url, close } = await start(0);
try {
  const refused = await fetch(`${url}/orders`, { headers: { "X-Tenant": "red" } });
  assert.equal(refused.status, 403);
  assert.equal(((await refused.json()) as { message: string }).message, "unknown tenant");
  assert.equal(refused.headers.get("x-served-tenant"), null);

  const allowed = await fetch(`${url}/orders`, { headers: { "X-Tenant": "Blue" } });
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers.get("x-served-tenant"), "blue");
  const seen = (await allowed.json()) as { headers: Record<string, string> };
  assert.equal(seen.headers["x-tenant-path"], "/tenants/blue");
} finally {
  await close();
}
