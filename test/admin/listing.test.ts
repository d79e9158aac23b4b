import { expect, it, vi } from "vitest";
import { routes } from "../../src/entities/routes.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { compileSchema } from "../../src/schema/compile.js";
import type { StoredRecord } from "../../src/store/field-names.js";
import { offStore } from "../../src/store/strategies/off/off-store.js";
import { EntityState } from "../../src/store/tables/entity-state.js";
import { EntityTable } from "../../src/store/tables/entity-table.js";
import { startAdmin } from "./support.js";

const COUNT = 100_000;
const SIZE = 1000;

it("listing 100,000 routes looks at each of them once", async () => {
  const definitions = entityDefinitions(loadPlugins().all);
  const { record } = compileSchema(routes).complete({ paths: ["/a"] }, "insert");
  const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const rows = new Map(
    Array.from({ length: COUNT }, (_, index) => [idOf(index), { ...record, id: idOf(index) } as StoredRecord] as const),
  );
  const state = new EntityState(Object.values(definitions), new Map([["routes", rows]]));
  await using admin = await startAdmin(undefined, { store: offStore(definitions, { state: () => state }) });
  const looked = vi.spyOn(EntityTable.prototype, "select");
  let pages = 0;
  let seen = 0;
  for (let next: string | null = `/routes?size=${SIZE}`; next !== null; pages += 1) {
    const { body } = (await admin.ask(next)) as { body: { data: unknown[]; next: string | null } };
    seen += body.data.length;
    next = body.next;
  }
  expect([pages, seen]).toEqual([COUNT / SIZE, COUNT]);
  // One more for each page: whether there is another.
  expect(looked.mock.calls.length).toBeLessThanOrEqual(COUNT + pages);
  looked.mockRestore();
}, 60_000);
