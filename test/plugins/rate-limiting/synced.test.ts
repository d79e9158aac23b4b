import { describe, expect, it } from "vitest";
import { blockingLimit, configuredLimits } from "../../../src/plugins/rate-limiting/limits.js";
import { SyncedPolicy } from "../../../src/plugins/rate-limiting/policies/synced.js";

const NOW = Date.UTC(2024, 4, 6, 7, 8, 20);
const limits = configuredLimits({ second: null, minute: null, hour: null, day: null, month: null, year: 3 });

/** A policy whose Redis answers when the test says so. */
function setup(): { ask: () => Promise<number>; answers: ((count: number) => void)[] } {
  const answers: ((count: number) => void)[] = [];
  const connection = { eval: () => new Promise<number>((resolve) => answers.push(resolve)) };
  const policy = new SyncedPolicy({ connect: () => connection } as never, {} as never, 600);
  return {
    answers,
    async ask() {
      const usage = await policy.usage("scope", "client", limits, NOW);
      const passes = blockingLimit(limits, usage) === -1;
      if (passes) policy.increment();
      else policy.refused("scope", "client", limits, NOW);
      return passes ? 200 : 429;
    },
  };
}

describe("counting between two exchanges with Redis", () => {
  it("gives requests that come at once a number each", async () => {
    const { ask, answers } = setup();
    const first = ask();
    answers[0]?.(1);
    expect(await first).toBe(200);
    expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual([200, 200, 429, 429]);
  });

  it("adds what was counted here to an answer of Redis that came late", async () => {
    const { ask, answers } = setup();
    const [first, late, later] = [ask(), ask(), ask()];
    answers[0]?.(1);
    expect([await first, await ask()]).toEqual([200, 200]);
    answers[1]?.(2);
    answers[2]?.(3);
    expect([await late, await later, await ask()]).toEqual([200, 429, 429]);
  });

  it("does not let refused requests use up what is left", async () => {
    const { ask, answers } = setup();
    const reads = [ask(), ask()];
    // Others have counted, too.
    answers[0]?.(3);
    answers[1]?.(4);
    expect(await Promise.all(reads)).toEqual([200, 429]);
    expect(await Promise.all([ask(), ask()])).toEqual([429, 429]);
  });
});
