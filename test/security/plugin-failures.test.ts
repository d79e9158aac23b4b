import { setImmediate as nextTurn } from "node:timers/promises";
import type { PluginPhases } from "postern";
import { describe, expect, it } from "vitest";
import { probe, proxyTest } from "../gateway/support.js";
import { noteUncaught } from "../support/uncaught.js";
import { waitFor } from "../support/wait-for.js";

function fail(): never {
  throw new Error("the secret is hunter2 at db.internal");
}

async function failLater(): Promise<never> {
  await nextTurn();
  return fail();
}

const uncaught = noteUncaught();

const asUnknown = (run: () => unknown): (() => never) => run as () => never;

const failing: readonly (readonly [string, PluginPhases<never, never>])[] = [
  ["rewrite, at once", { rewrite: fail }],
  ["rewrite, later", { rewrite: failLater }],
  ["access, at once", { access: fail }],
  ["access, later", { access: failLater }],
  ["access, with something that is no error", { access: () => Promise.reject(undefined) }],
  ["response, at once", { response: fail }],
  ["response, later", { response: failLater }],
  ["headerFilter, at once", { headerFilter: fail }],
  ["headerFilter, later, for which nobody waits", { headerFilter: asUnknown(failLater) }],
  ["bodyFilter, at once", { bodyFilter: fail }],
  ["bodyFilter, later, for which nobody waits", { bodyFilter: asUnknown(failLater) }],
  ["log, at once", { log: fail }],
  ["log, later", { log: failLater }],
  [
    "access, while a body is being read",
    {
      access(pdk) {
        void pdk.request.getRawBody();
        fail();
      },
    },
  ],
  [
    "access, after an answer",
    {
      access(pdk) {
        pdk.response.exit(200, "ok");
        fail();
      },
    },
  ],
];

describe.each(failing)("a plugin that fails in %s", (_when, phases) => {
  it.each(["undici", "http-proxy-3"] as const)("hurts that request alone, over %s", async (transport) => {
    const bad = probe("bad", phases);
    await using t = await proxyTest({
      service: {
        routes: [
          { name: "bad", paths: ["/bad"], plugins: [{ name: "bad" }] },
          { name: "good", paths: ["/good"], strip_path: false },
        ],
      },
      document: { plugins: [] },
      options: { plugins: [bad], transport },
    });
    const ask = (path: string) =>
      t.gateway.fetch(path, { method: "POST", body: "some bytes" }).then(
        async (response) => ({ status: response.status, text: await response.text().catch(() => "cut") }),
        () => ({ status: 0, text: "no answer" }),
      );
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(i % 2 === 0 ? "/bad" : "/good")));
    for (const [i, { status, text }] of answers.entries()) {
      expect(text).not.toContain("hunter2");
      if (i % 2 === 1) expect(status).toBe(200);
      else expect([0, 200, 500]).toContain(status);
    }
    await nextTurn();
    expect((await ask("/good")).status).toBe(200);
    expect(uncaught).toEqual([]);
  });
});

it("tells the log which plugin failed, and where, once for each request", async () => {
  await using t = await proxyTest({ probes: [probe("bad", { access: fail })] });
  const { status, text } = await t.gateway.request({ headers: { host: "x" } });
  expect([status, JSON.parse(text).message]).toEqual([500, "An unexpected error occurred"]);
  expect(t.log.errors).toEqual([expect.stringMatching(/bad.*access|access.*bad/)]);
});

it("keeps the gateway going when a plugin never comes back, and the client leaves", async () => {
  let waiting = 0;
  let left = 0;
  const stuck = probe("stuck", {
    access(pdk) {
      if (pdk.request.getPath() !== "/stuck") return undefined;
      waiting += 1;
      return new Promise<void>(() => undefined);
    },
    log() {
      left += 1;
    },
  });
  await using t = await proxyTest({ probes: [stuck] });
  const aborts = new AbortController();
  const clients = Array.from({ length: 5 }, () => t.gateway.fetch("/stuck", { signal: aborts.signal }).catch(() => "left"));
  await waitFor(() => waiting === 5);
  expect((await t.gateway.fetch("/")).status).toBe(200);
  aborts.abort();
  expect(await Promise.all(clients)).toEqual(Array.from({ length: 5 }, () => "left"));
  await waitFor(() => left === 6);
});
