import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { HealthMarks } from "../../src/balancer/health-marks.js";
import { coreEntities } from "../../src/entities/core.js";
import { compileSnapshot, type Snapshot } from "../../src/runtime/snapshot.js";
import type { EntityDefinition } from "../../src/schema/entity.js";
import type { EntityStore } from "../../src/store/dao.js";
import { openStore, storedDefinitions } from "../../src/store/open-store.js";
import { MemoryStrategy } from "../../src/store/strategies/memory/memory-strategy.js";
import { runAtOnce } from "../../src/util/steps.js";
import { VaultSet } from "../../src/vaults/vault-set.js";
import { keptLog } from "../gateway/support.js";

/** A store, and snapshots of it that follow one another. */
function world(): { db: EntityStore<typeof coreEntities>; next(...changed: string[]): Snapshot } {
  const strategy = new MemoryStrategy();
  strategy.define(storedDefinitions(coreEntities as unknown as Readonly<Record<string, EntityDefinition>>));
  const marks = new HealthMarks();
  let previous: Snapshot | undefined;
  return {
    db: openStore(coreEntities, { strategy }),
    next(...changed) {
      previous = runAtOnce(
        compileSnapshot({
          entities: strategy.state,
          plugins: new Map(),
          marks,
          node: { vaults: new VaultSet([]), logger: keptLog() },
          flavor: "traditional_compatible",
          skipped: () => undefined,
          ...(previous ? { previous, changed: new Set(changed) } : {}),
        }),
      );
      return previous;
    },
  };
}

async function filled() {
  const { db, next } = world();
  const service = await db.services.insert({ host: "pool" });
  const upstream = await db.upstreams.insert({ name: "pool" });
  await db.targets.insert({ upstream, target: "one.test" });
  await db.routes.insert({ paths: ["/"], service });
  return { db, next, service, upstream, first: next() };
}

describe("a snapshot that follows another", () => {
  it("uses everything again when nothing of it has changed", async () => {
    const { next, first } = await filled();
    const second = next("consumers");
    for (const part of ["router", "destinations", "plugins", "globals", "certificates", "upstreams", "origins"] as const) {
      expect(second[part]).toBe(first[part]);
    }
  });

  it("keeps the router and the balancers when a service changes", async () => {
    const { db, next, service, first } = await filled();
    await db.services.update(service.id, { path: "/inner" });
    const second = next("services");
    expect(second.router).toBe(first.router);
    expect(second.upstreams).toBe(first.upstreams);
    expect(second.destinations[0]?.service?.service.path).toBe("/inner");
    expect(first.destinations[0]?.service?.service.path).toBeNull();
  });

  it("takes the routes of a disabled service out", async () => {
    const { db, next, service, first } = await filled();
    await db.services.update(service.id, { enabled: false });
    expect(next("services").router.size).toBe(0);
    await db.services.update(service.id, { enabled: true });
    expect(next("services").router.size).toBe(first.router.size);
  });

  it("keeps the router when targets, certificates or vaults change", async () => {
    const { db, next, upstream, first } = await filled();
    await db.targets.insert({ upstream, target: "two.test" });
    const second = next("targets");
    expect(second.router).toBe(first.router);
    expect(second.upstreams.get("pool")?.balancer.status()).toHaveLength(2);
    expect(second.destinations[0]?.service?.balancer).toBe(second.upstreams.get("pool")?.balancer);
    const third = next("vaults");
    expect(third.router).toBe(first.router);
    expect(third.plugins).not.toBe(second.plugins);
  });

  it("builds the router anew for new routes only", async () => {
    const { db, next, service, first } = await filled();
    await db.routes.insert({ id: randomUUID(), paths: ["/b"], service });
    const second = next("routes");
    expect(second.router).not.toBe(first.router);
    expect(second.plugins).toBe(first.plugins);
    expect(second.destinations).toHaveLength(2);
  });
});
