import { afterAll, beforeAll, beforeEach } from "vitest";
import type { DaoError } from "../../../src/errors/dao-errors.js";
import type { EntityDefinition } from "../../../src/schema/entity.js";
import { defineEntity } from "../../../src/schema/entity.js";
import { foreign, int, num, str } from "../../../src/schema/field.js";
import type { EntityStore } from "../../../src/store/dao.js";
import { openStore, storedDefinitions } from "../../../src/store/open-store.js";
import { type StoreChange, StoreEvents } from "../../../src/store/store-events.js";
import type { Strategy } from "../../../src/store/strategy.js";
import { books, labels, shelves } from "../shop.js";

const id = str({ uuid: true, auto: true });

/** Cannot lose its book. */
const loans = defineEntity({
  name: "loans",
  fields: { id, reader: str({ required: true }), book: foreign("books", { required: true }) },
});

/** Outlives its book. */
const reviews = defineEntity({
  name: "reviews",
  fields: { id, text: str(), book: foreign("books", { onDelete: "null" }) },
});

/** Has a key of two parts. */
const counters = defineEntity({
  name: "counters",
  primaryKey: ["place", "day"],
  workspaceable: false,
  fields: { place: str({ required: true }), day: int({ required: true }), count: int({ default: 0 }) },
});

/** Written all the time, and kept in nobody's memory. */
const visits = defineEntity({
  name: "visits",
  primaryKey: ["reader", "day"],
  workspaceable: false,
  ttl: true,
  cached: false,
  fields: {
    reader: str({ required: true }),
    day: int({ required: true, timestamp: true }),
    count: int({ required: true }),
    weight: num(),
    shelf: foreign("shelves", { onDelete: "cascade" }),
  },
});

/** The entities of the conformance tests: every kind of key and of reference. */
export const library = { shelves, books, labels, loans, reviews, counters, visits };

/** What a strategy is opened for. */
export interface StrategyWorld {
  /** As `Strategy.define` takes them; `define` has not been called yet. */
  readonly definitions: readonly EntityDefinition[];
  /** The clock, in milliseconds since the epoch. Tests turn it. */
  readonly now: () => number;
}

/** A strategy that has been defined and connected, and is empty. */
export interface OpenedStrategy {
  readonly strategy: Strategy;
  close(): Promise<void>;
}

export type OpenStrategy = (world: StrategyWorld) => Promise<OpenedStrategy>;

/** What a test works with. */
export interface Harness {
  readonly strategy: Strategy;
  readonly db: EntityStore<typeof library>;
  /** All that has been told since the test began. */
  readonly changes: StoreChange[];
  /** Seconds since the epoch at the start of every test. */
  readonly start: number;
  /** Lets time go by. */
  pass(seconds: number): void;
}

const startMs = Date.UTC(2024, 0, 1);

/** Opens the strategy once for the tests of a block; each of them starts with an empty store. */
export function useStrategy(open: OpenStrategy): Harness {
  let now = startMs;
  let opened: OpenedStrategy | undefined;
  let db: EntityStore<typeof library> | undefined;
  const changes: StoreChange[] = [];
  beforeAll(async () => {
    opened = await open({ definitions: storedDefinitions(library), now: () => now });
    const events = new StoreEvents((error) => {
      throw error;
    });
    events.onChange((change) => changes.push(change));
    db = openStore(library, { strategy: opened.strategy, events, now: () => now });
  });
  beforeEach(async () => {
    now = startMs;
    await opened?.strategy.load(new Map(), { replace: true });
    await opened?.strategy.truncate("visits");
    changes.length = 0;
  });
  afterAll(() => opened?.close());
  return {
    get strategy() {
      return (opened as OpenedStrategy).strategy;
    },
    get db() {
      return db as EntityStore<typeof library>;
    },
    changes,
    start: startMs / 1000,
    pass(seconds) {
      now += seconds * 1000;
    },
  };
}

export function uuid(n: number): string {
  return `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
}

/** The error with which a promise rejects. */
export async function failure(promise: Promise<unknown>): Promise<DaoError> {
  return promise.then(
    (value) => Promise.reject(new Error(`did not fail, but gave ${JSON.stringify(value)}`)),
    (error: DaoError) => error,
  );
}

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}
