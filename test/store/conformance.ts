import { describe } from "vitest";
import { cascadeTests } from "./conformance/cascades.js";
import { concurrencyTests } from "./conformance/concurrency.js";
import { countingTests } from "./conformance/counting.js";
import { crudTests } from "./conformance/crud.js";
import { errorTests } from "./conformance/errors.js";
import { loadingTests } from "./conformance/loading.js";
import { modelTests } from "./conformance/model.js";
import { pagingTests } from "./conformance/paging.js";
import { ttlTests } from "./conformance/ttl.js";
import { type OpenStrategy, useStrategy } from "./conformance/world.js";

/**
 * What every strategy has to do, seen through the DAOs that callers use.
 *
 * @param open - makes a strategy for the given entities; the suite closes it
 */
export function describeStrategy(name: string, open: OpenStrategy): void {
  describe(`${name} as a store`, () => {
    const harness = useStrategy(open);
    describe("records", () => crudTests(harness));
    describe("errors", () => errorTests(harness));
    describe("deletions", () => cascadeTests(harness));
    describe("pages", () => pagingTests(harness));
    describe("expiry", () => ttlTests(harness));
    describe("counters", () => countingTests(harness));
    describe("bulk loads", () => loadingTests(harness));
    describe("writers at the same time", () => concurrencyTests(harness));
    describe("any sequence of operations", () => modelTests(harness));
  });
}
