import { MemoryStrategy } from "../../src/store/strategies/memory/memory-strategy.js";
import { describeStrategy } from "./conformance.js";

describeStrategy("memory", async ({ definitions, now }) => {
  const strategy = new MemoryStrategy({ now });
  strategy.define(definitions);
  await strategy.connect();
  return { strategy, close: () => strategy.close() };
});
