import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type QueueOptions, withOldParameters } from "../../../src/pdk/queue/parameters.js";
import { Queues } from "../../../src/pdk/queue/queues.js";

const plugin = { name: "shipper", id: "p1", instanceName: null };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Queues with a receiver that keeps what it gets, and fails while it is told to. */
function setUp() {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  const queues = new Queues(log);
  const batches: (readonly unknown[])[] = [];
  const configs: unknown[] = [];
  const state = { failing: false, tries: 0 };
  const send = (config: unknown, entries: readonly unknown[]): void => {
    state.tries += 1;
    if (state.failing) throw new Error("away");
    configs.push(config);
    batches.push(entries);
  };
  const add = (entry: unknown, options: QueueOptions = {}, config: unknown = "c1"): void =>
    queues.add(plugin, options, send, config, entry);
  return { queues, batches, configs, lines, state, add };
}

const turn = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe("batching", () => {
  it("sends each entry by itself, at once and in order, with the default parameters", async () => {
    const { add, batches } = setUp();
    add("a");
    add("b");
    expect(batches).toEqual([]);
    await turn();
    expect(batches).toEqual([["a"], ["b"]]);
  });

  it("waits until a batch is full, and no longer", async () => {
    const { add, batches } = setUp();
    const options = { max_batch_size: 3, max_coalescing_delay: 10 };
    for (const entry of [1, 2]) add(entry, options);
    await turn(5000);
    expect(batches).toEqual([]);
    for (const entry of [3, 4]) add(entry, options);
    await turn();
    expect(batches).toEqual([[1, 2, 3]]);
    await turn(9900);
    expect(batches).toHaveLength(1);
    await turn(100);
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it("goes when its first entry has waited, or when what is left is not worth the wait", async () => {
    const { add, batches } = setUp();
    const options = { max_batch_size: 3 };
    add(1, options);
    await turn(960);
    expect(batches).toEqual([]);
    add(2, options);
    await turn();
    expect(batches).toEqual([[1, 2]]);
  });

  it("fills batches from what has piled up", async () => {
    const { add, batches } = setUp();
    for (let entry = 0; entry < 5; entry += 1) add(entry, { max_batch_size: 2, max_coalescing_delay: 0 });
    await turn();
    expect(batches).toEqual([[0, 1], [2, 3], [4]]);
  });

  it("keeps names apart, and plugins; without a name the instance's id is one", async () => {
    const { add, batches, queues } = setUp();
    const slow = { max_batch_size: 10 };
    add(1, { ...slow, name: "x" });
    add(2, { ...slow, name: "y" });
    add(3, slow);
    add(4, { ...slow, name: "p1" });
    queues.add({ ...plugin, name: "other" }, { ...slow, name: "x" }, (_config, entries) => batches.push(entries), "c1", 5);
    await turn(1000);
    expect(batches).toEqual([[1], [2], [3, 4], [5]]);
  });

  it("takes its parameters from the first entry, and its config from the latest", async () => {
    const { add, batches, configs } = setUp();
    add(1, { max_batch_size: 3 }, "old");
    add(2, { max_batch_size: 1 }, "new");
    await turn(999);
    expect(batches).toEqual([]);
    await turn(1);
    expect(batches).toEqual([[1, 2]]);
    expect(configs).toEqual(["new"]);
    // The queue was empty and is gone: the parameters of now count.
    add(3, { max_batch_size: 1 });
    await turn();
    expect(batches).toHaveLength(2);
  });

  it("sends every entry of a long queue once, in order", async () => {
    const { add, batches } = setUp();
    for (let entry = 0; entry < 5000; entry += 1) add(entry, { max_batch_size: 7, max_coalescing_delay: 0 });
    await turn();
    expect(batches.flat()).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });
});

describe("retries", () => {
  it("wait twice as long each time, up to the limit, and succeed in the end", async () => {
    const { add, batches, state, lines } = setUp();
    state.failing = true;
    add("a", { initial_retry_delay: 1, max_retry_delay: 3 });
    const tries: number[] = [];
    for (let second = 0; second < 10; second += 1) {
      await turn(second === 0 ? 0 : 1000);
      tries.push(state.tries);
    }
    //             0  1  2  3  4  5  6  7  8  9
    expect(tries).toEqual([1, 2, 2, 3, 3, 3, 4, 4, 4, 5]);
    state.failing = false;
    await turn(3000);
    expect(batches).toEqual([["a"]]);
    expect(lines[0]).toBe("warn [shipper plugin p1] queue p1: handler could not process entries: away");
  });

  it("end when the batch's time is up, which loses it and goes on with the next", async () => {
    const { add, batches, state, lines } = setUp();
    state.failing = true;
    add("a", { max_retry_time: 5, initial_retry_delay: 2, max_retry_delay: 2 });
    await turn(4000);
    add("b");
    await turn(2000);
    expect(lines.at(-1)).toBe("warn [shipper plugin p1] queue p1: handler could not process entries: away");
    expect(lines).toContain(
      "error [shipper plugin p1] queue p1: could not send entries due to max_retry_time exceeded. 1 queue entries were lost",
    );
    state.failing = false;
    await turn(2000);
    expect(batches).toEqual([["b"]]);
  });

  it("are not made with max_retry_time -1", async () => {
    const { add, state, lines } = setUp();
    state.failing = true;
    add("a", { max_retry_time: -1 });
    await turn(60_000);
    expect(state.tries).toBe(1);
    expect(lines.at(-1)).toContain("1 queue entries were lost");
  });

  it("come after a promise that is rejected, too", async () => {
    const { queues } = setUp();
    let tries = 0;
    const send = async (): Promise<void> => {
      tries += 1;
      if (tries < 3) throw "odd";
    };
    queues.add(plugin, {}, send, "c", "a");
    await turn(100);
    expect(tries).toBe(3);
  });

  it("come after anything that is thrown, also what has no text", async () => {
    const { queues, lines } = setUp();
    let tries = 0;
    const send = (): void => {
      tries += 1;
      if (tries === 1) throw Object.create(null);
    };
    queues.add(plugin, {}, send, "c", "a");
    await turn(100);
    expect([tries, lines]).toEqual([
      2,
      [expect.stringContaining("handler could not process entries: something that cannot be printed")],
    ]);
  });

  it("do not come sooner because of new entries", async () => {
    const { add, state } = setUp();
    state.failing = true;
    const options = { max_batch_size: 2, max_coalescing_delay: 0, initial_retry_delay: 10 };
    add("a", options);
    await turn(1000);
    for (let i = 0; i < 5; i += 1) add(i, options);
    await turn(8000);
    expect(state.tries).toBe(1);
  });
});

describe("limits", () => {
  it("drop the oldest entries, with one error, and say when it is over", async () => {
    const { add, batches, state, lines } = setUp();
    const options = { max_entries: 3, initial_retry_delay: 10 };
    state.failing = true;
    add("under way", options);
    await turn();
    for (const entry of [1, 2, 3, 4, 5]) add(entry, options);
    state.failing = false;
    await turn(10_000);
    expect(batches).toEqual([["under way"], [3], [4], [5]]);
    const prefix = "[shipper plugin p1] queue p1: ";
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([
      `error ${prefix}queue full, dropping old entries until processing is successful again`,
    ]);
    expect(lines.filter((line) => line.startsWith("info"))).toEqual([`info ${prefix}queue resumed processing`]);
  });

  it("are warned of at 80 %, once until there is room again", async () => {
    const { add, lines } = setUp();
    const options = { max_entries: 10, max_batch_size: 100, max_coalescing_delay: 1 };
    const warnings = () => lines.filter((line) => line.endsWith("queue at 80% capacity")).length;
    for (let i = 0; i < 8; i += 1) add(i, options);
    expect(warnings()).toBe(0);
    add(8, options);
    add(9, options);
    expect(warnings()).toBe(1);
    await turn(1000);
    for (let i = 0; i < 9; i += 1) add(i, options);
    expect(warnings()).toBe(2);
  });

  it("of bytes refuse what is too long and drop the oldest for what is not", async () => {
    const { add, batches, lines } = setUp();
    const options = { max_bytes: 10, max_batch_size: 100 };
    add("12345", options);
    add("€€€", options);
    add("x".repeat(11), options);
    add("1", options);
    add(Buffer.from("23456"), options);
    add({ not: "counted" }, options);
    await turn(1000);
    expect(batches).toEqual([["1", Buffer.from("23456"), { not: "counted" }]]);
    const prefix = "error [shipper plugin p1] queue p1: ";
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([
      `${prefix}byte capacity exceeded, 1 queue entries were dropped`,
      `${prefix}string to be queued is longer (11 bytes) than the queue's max_bytes (10 bytes)`,
      `${prefix}byte capacity exceeded, 1 queue entries were dropped`,
    ]);
  });

  it("do not hold for concurrency_limit -1: every entry goes at once and by itself, and is tried again by itself", async () => {
    const { add, batches, state, lines, queues } = setUp();
    const options = { concurrency_limit: -1, max_entries: 1, max_batch_size: 10 };
    state.failing = true;
    for (const entry of [1, 2, 3]) add(entry, options);
    await turn();
    expect(state.tries).toBe(3);
    state.failing = false;
    await turn(10);
    expect(batches).toEqual([[1], [2], [3]]);
    expect(lines.filter((line) => !line.includes("could not process"))).toEqual([]);
    await queues.close(0);
  });
});

it("names the instance in its log lines", async () => {
  const { queues, lines } = setUp();
  queues.add({ ...plugin, instanceName: "mine" }, { name: "q", max_retry_time: -1 }, () => Promise.reject(new Error("no")), 0, 0);
  await turn();
  expect(lines[0]).toBe("warn [shipper plugin p1 (mine)] queue q: handler could not process entries: no");
});

describe("closing", () => {
  it("sends what waits for more without waiting", async () => {
    const { add, batches, queues } = setUp();
    add(1, { max_batch_size: 10, max_coalescing_delay: 3600 });
    await turn(1000);
    await queues.close(10_000);
    expect(batches).toEqual([[1]]);
  });

  it("gives up when its grace is over, senders that hang included", async () => {
    const { add, queues, state, lines } = setUp();
    state.failing = true;
    add("a", { initial_retry_delay: 100 });
    add("b");
    let signal: AbortSignal | undefined;
    const hanging = (_config: unknown, _entries: readonly unknown[], given: AbortSignal) => {
      signal = given;
      return new Promise(() => undefined);
    };
    queues.add(plugin, { name: "hangs" }, hanging, 0, "c");
    queues.add(plugin, { name: "alone", concurrency_limit: -1 }, hanging, 0, "d");
    await turn();
    const closed = queues.close(5000);
    await turn(4999);
    expect(signal?.aborted).toBe(false);
    await turn(1);
    await closed;
    expect(signal?.aborted).toBe(true);
    expect(lines.filter((line) => line.includes("before the gateway closed. 1 queue entries were lost"))).toHaveLength(4);
  });

  it("refuses entries that come later", async () => {
    const { add, queues, lines, batches } = setUp();
    await queues.close(0);
    add("late");
    await turn();
    expect(batches).toEqual([]);
    expect(lines).toEqual(["error [shipper plugin p1] queue p1: the gateway is closed. 1 queue entries were lost"]);
  });
});

describe("old parameters", () => {
  const queue = { max_batch_size: 1, max_coalescing_delay: 1, max_retry_time: 60 };

  it.each([
    [{ queue_size: 5 }, { max_batch_size: 5 }, ["queue_size"]],
    [{ flush_timeout: 4 }, { max_coalescing_delay: 4 }, ["flush_timeout"]],
    [{ batch_span_count: 7 }, { max_batch_size: 7 }, ["batch_span_count"]],
    [{ batch_flush_delay: 9 }, { max_coalescing_delay: 9 }, ["batch_flush_delay"]],
    [{ retry_count: 3 }, {}, ["retry_count"]],
    [{ retry_count: 10, queue_size: 1, flush_timeout: 2, batch_span_count: 200, batch_flush_delay: 3 }, {}, []],
    [{ retry_count: null, queue_size: null, flush_timeout: null }, {}, []],
  ])("%j become %j", (old, changed, told) => {
    const names: string[] = [];
    expect(withOldParameters({ ...old, queue }, (name) => names.push(name))).toEqual({ ...queue, ...changed });
    expect(names).toEqual(told);
  });

  it("are warned of once a minute", async () => {
    const { queues, lines } = setUp();
    const warn = () => queues.deprecated(plugin, "queue_size", "old");
    warn();
    warn();
    await turn(59_999);
    warn();
    expect(lines).toEqual(["warn [shipper plugin p1] old"]);
    await turn(1);
    warn();
    expect(lines).toHaveLength(2);
  });
});
