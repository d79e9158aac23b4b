import { setImmediate as nextTurn } from "node:timers/promises";
import type { PluginPhases } from "postern";
import { expect, it } from "vitest";
import { runPlugin } from "../../src/testing/index.js";
import { probe } from "../gateway/support.js";
import { noteUncaught } from "../support/uncaught.js";

const uncaught = noteUncaught();

class Evasive extends Error {
  override get message(): string {
    throw new Error("no message");
  }
  override get stack(): string {
    throw new Error("no stack");
  }
}

const unprintable = "something that cannot be printed";
const things: readonly (readonly [string, () => unknown, string])[] = [
  ["an object without a text", () => Object.create(null), unprintable],
  ["an error whose getters throw", () => new Evasive(), unprintable],
  [
    "an object whose text throws",
    () => ({
      toString() {
        throw new Error("no text");
      },
    }),
    unprintable,
  ],
  ["a symbol", () => Symbol("odd"), "Symbol(odd)"],
  ["an error", () => new Error("boom"), "boom"],
];

const kongNames: Readonly<Record<string, string>> = {
  initWorker: "init_worker",
  headerFilter: "header_filter",
  bodyFilter: "body_filter",
};

const phases = ["initWorker", "configure", "rewrite", "access", "response", "headerFilter", "bodyFilter", "log"] as const;

const cases = phases.flatMap((phase) =>
  things.flatMap(([what, make, text]) =>
    (["at once", "later", "by a thenable"] as const).map((when) => [phase, what, when, make, text] as const),
  ),
);

it.each(cases)(
  "%s that throws %s %s is told by its name and phase, and nothing else ends",
  async (phase, _what, when, make, text) => {
    const handlers: Readonly<Record<typeof when, () => unknown>> = {
      "at once": () => {
        throw make();
      },
      later: async () => {
        await nextTurn();
        throw make();
      },
      // biome-ignore lint/suspicious/noThenProperty: what a plugin of a library with promises of its own may return
      "by a thenable": () => ({ then: (_done: unknown, failed: (error: unknown) => void) => failed(make()) }),
    };
    const plugin = probe("bad", { [phase]: handlers[when] } as PluginPhases<never, never>);
    const run = await runPlugin(plugin).catch(() => undefined);
    await nextTurn();
    expect(uncaught).toEqual([]);
    // A filter that fails at once takes the answer with it; what has failed is in the log all the same.
    if (run === undefined) expect([phase, when]).toEqual([expect.stringMatching("Filter"), "at once"]);
    else {
      const expected = phase === "rewrite" || phase === "access" || phase === "response" ? 500 : 200;
      expect(run.status).toBe(expected);
      const told = `plugin 'bad' failed in ${kongNames[phase] ?? phase}: ${text}`;
      expect(run.logs.filter(({ level }) => level === "error").map(({ message }) => message)).toContain(told);
    }
  },
);
