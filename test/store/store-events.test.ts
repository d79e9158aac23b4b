import { expect, it } from "vitest";
import { StoreEvents } from "../../src/store/store-events.js";

const change = { entity: "books", operation: "create", row: { id: "1" } } as const;

it("tells everybody, and goes on when somebody fails", () => {
  const failures: unknown[] = [];
  const told: unknown[] = [];
  const events = new StoreEvents((error) => failures.push(error));
  events.onChange(() => {
    throw new Error("oops");
  });
  const stop = events.onChange((one) => told.push(one));
  events.onReset(() => told.push("reset"));
  events.changed(change);
  events.reset();
  stop();
  events.changed(change);
  expect(told).toEqual([change, "reset"]);
  expect(failures).toEqual([new Error("oops"), new Error("oops")]);
});
