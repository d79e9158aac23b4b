import assert from "node:assert/strict";
import { start } from "./main.js";

const { url, close } = await start(0);
const appsOf = async (name: string): Promise<unknown> => (await fetch(`${url}/apps-of/${name}`)).json();
const add = (values: object): Promise<Response> =>
  fetch(`${url}/admin/consumers/alice/apps`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(values),
  });
try {
  assert.deepEqual(await appsOf("alice"), ["blog (native)", "shop (web)"]);

  assert.equal((await add({ name: "wiki" })).status, 201);
  assert.deepEqual(await appsOf("alice"), ["blog (native)", "shop (web)", "wiki (web)"]);

  assert.equal((await add({ name: "wiki" })).status, 409);
  const refused = await add({ name: "game", kind: "console" });
  assert.equal(refused.status, 400);
  assert.deepEqual(((await refused.json()) as { fields: unknown }).fields, { kind: "expected one of: web, native" });

  assert.equal((await fetch(`${url}/admin/apps/shop`, { method: "DELETE" })).status, 204);
  assert.deepEqual(await appsOf("alice"), ["blog (native)", "wiki (web)"]);

  // Applications go with their owner.
  assert.equal((await fetch(`${url}/admin/consumers/alice`, { method: "DELETE" })).status, 204);
  assert.deepEqual(await (await fetch(`${url}/admin/apps`)).json(), { data: [], next: null });
} finally {
  await close();
}
