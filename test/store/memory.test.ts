import { expect, it } from "vitest";
import { openStore, storedDefinitions } from "../../src/store/open-store.js";
import { MemoryStrategy } from "../../src/store/strategies/memory/memory-strategy.js";
import { library } from "./conformance/world.js";
import { describeStrategy } from "./conformance.js";

describeStrategy("memory", async ({ definitions, now }) => {
  const strategy = new MemoryStrategy({ now });
  strategy.define(definitions);
  await strategy.connect();
  return { strategy, close: () => strategy.close() };
});

it("keeps what has been counted while a new content was made ready", async () => {
  const strategy = new MemoryStrategy();
  strategy.define(storedDefinitions(library));
  const db = openStore(library, { strategy });
  await db.visits.increment({ reader: "alice", day: 1 }, "count", 1);
  await db.visits.increment({ reader: "bob", day: 1 }, "count", 1);
  const content = strategy.stage(new Map());
  await db.visits.increment({ reader: "alice", day: 1 }, "count", 1);
  await db.visits.increment({ reader: "carol", day: 1 }, "count", 1);
  await db.visits.delete({ reader: "bob", day: 1 });
  strategy.use(content);
  expect((await db.visits.page()).data).toMatchObject([
    { reader: "alice", count: 2 },
    { reader: "carol", count: 1 },
  ]);
});
