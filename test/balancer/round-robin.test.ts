import fc from "fast-check";
import { expect, it } from "vitest";
import type { Peer } from "../../src/balancer/balancer.js";
import { HealthMarks } from "../../src/balancer/health-marks.js";
import { roundRobin } from "../../src/balancer/round-robin.js";

const peers = (weights: readonly number[]): Peer[] =>
  weights.map((weight, i) => ({ target: `10.0.0.${i}:80`, host: `10.0.0.${i}`, port: 80, weight }));

it("gives every peer its share in each full turn, whatever the weights", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 7 }),
      (weights, factor) => {
        const list = peers(weights.map((weight) => weight * factor));
        const balancer = roundRobin(list, { isHealthy: () => true });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const counts = new Map<string, number>();
        // As many picks as the unreduced weights: a whole number of turns.
        for (let i = 0; i < total; i += 1) {
          const picked = balancer.pick(null)?.target ?? "none";
          counts.set(picked, (counts.get(picked) ?? 0) + 1);
        }
        expect(list.map(({ target }) => counts.get(target) ?? 0)).toEqual(weights);
        if (total === 0) expect(balancer.pick(null)).toBeUndefined();
      },
    ),
  );
});

it("gives a retry the next place", () => {
  const list = peers([1, 1]);
  const balancer = roundRobin(list, { isHealthy: () => true });
  const first = balancer.pick(null) as Peer;
  expect(balancer.pick([first])).not.toBe(first);
});

it("follows marks, which outlive it as long as their target is configured", () => {
  const marks = new HealthMarks();
  const list = peers([1, 1]);
  marks.mark("u", "10.0.0.0:80", false);
  const balancer = roundRobin(list, marks.of("u"));
  expect([balancer.pick(null)?.target, balancer.pick(null)?.target]).toEqual(["10.0.0.1:80", "10.0.0.1:80"]);
  expect(balancer.status().map(({ health }) => health)).toEqual(["UNHEALTHY", "HEALTHY"]);
  marks.retain(new Map([["u", new Set(["10.0.0.1:80"])]]));
  balancer.refresh();
  expect(new Set([balancer.pick(null)?.target, balancer.pick(null)?.target]).size).toBe(2);
});
