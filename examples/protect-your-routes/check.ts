import assert from "node:assert/strict";
import { start } from "./main.js";

const { url, close } = await start(0);
const asAlice = { headers: { apikey: "alice-key" } };
try {
  const refused = await fetch(`${url}/api/me`);
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("www-authenticate"), "Key");

  const allowed = await fetch(`${url}/api/me`, asAlice);
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers.get("x-ratelimit-limit-hour"), "3");
  assert.equal(allowed.headers.get("x-ratelimit-remaining-hour"), "2");
  const me = (await allowed.json()) as { user: string; customer: string; requestId: string };
  assert.equal(me.user, "alice");
  assert.equal(me.customer, "customer-1");
  assert.equal(me.requestId, allowed.headers.get("x-kong-request-id"));

  await fetch(`${url}/api/me`, asAlice);
  await fetch(`${url}/api/me`, asAlice);
  const limited = await fetch(`${url}/api/me`, asAlice);
  assert.equal(limited.status, 429);

  assert.equal((await fetch(`${url}/public`)).status, 200);
  assert.equal((await fetch(`${url}/API/me`)).status, 404);
} finally {
  await close();
}
