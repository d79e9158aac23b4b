/** Starts `npm start` as a newcomer would, waits for its first answer, and stops it as a service manager would. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { waitFor } from "../support/wait-for.js";

const port = await freePort();
const child = spawn("npm", ["start"], {
  cwd: fileURLToPath(new URL("../..", import.meta.url)),
  env: { ...process.env, PORT: String(port) },
  // A process group of its own, so that what npm starts can be stopped with it.
  detached: true,
  stdio: ["ignore", "inherit", "inherit"],
});
const exited = once(child, "exit");
const { pid } = child;
assert(pid !== undefined, "npm did not start");

try {
  const response = await waitFor(() => answer(), { timeout: 30_000, interval: 100, what: `an answer on port ${port}` });
  console.log(`GET / answered ${response.status}`);
  assert(response.status < 500, await response.text());
} finally {
  if (child.exitCode === null) process.kill(-pid, "SIGTERM");
}
await waitFor(() => isGone(pid), { timeout: 10_000, interval: 50, what: "the end of every process of npm start" });
await exited;
console.log("stopped");

async function answer(): Promise<Response> {
  assert.equal(child.exitCode, null, "npm start ended by itself");
  return fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" });
}

function isGone(group: number): boolean {
  try {
    process.kill(-group, 0);
    return false;
  } catch {
    return true;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  server.close();
  await once(server, "close");
  return address.port;
}
