import type { Counted } from "../../pdk/counters/counted.js";
import { PERIODS } from "../../pdk/counters/periods.js";
import type { Config } from "./config.js";

/** One limit in one period. */
export interface Limit extends Counted {
  readonly limit: number;
}

/** A limit with all its periods. */
export interface NamedLimit {
  readonly name: string;
  /** Where its configured periods stand in the list of all limits. */
  readonly at: readonly number[];
  /** What is added to: every period, configured or not, so that one which is added later has its count. */
  readonly counted: readonly Counted[];
}

/** The limits of a configuration, flat and by name. */
export interface Limits {
  readonly all: readonly Limit[];
  readonly named: readonly NamedLimit[];
}

export function configuredLimits({ limits }: Config): Limits {
  const all: Limit[] = [];
  const named = Object.entries(limits).map(([name, periods]): NamedLimit => {
    const at: number[] = [];
    for (const period of PERIODS) {
      const limit = periods[period];
      if (limit !== null) at.push(all.push({ name, period, limit }) - 1);
    }
    return { name, at, counted: PERIODS.map((period) => ({ name, period })) };
  });
  return { all, named };
}

/** What an upstream says was used: `video=2, image=1`. What is not understood, or of no limit, is passed over. */
export function parseUse(header: string | undefined, { named }: Limits): ReadonlyMap<string, number> {
  const use = new Map<string, number>();
  for (const part of (header ?? "").split(",")) {
    const [name = "", amount = "", ...more] = part.split("=").map((text) => text.trim());
    const isKnown = named.some((limit) => limit.name === name);
    if (!isKnown || more.length > 0 || !/^[+-]?\d{1,15}$/.test(amount)) continue;
    use.set(name, Number(amount));
  }
  return use;
}
