import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleLogger } from "../src/console-logger.js";

describe("the console logger", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("writes to standard error, with details as they are", () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    consoleLogger.info("one");
    consoleLogger.warn("two", { a: 1 });
    expect([error.mock.calls, warn.mock.calls]).toEqual([[["[postern] one"]], [["[postern] two", { a: 1 }]]]);
  });

  it("lets no message look like another entry, move the cursor, or eat the details", () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    consoleLogger.error("a\r\n[postern] forged\u2028\u001b[2J\u009b1A 100%s", { b: 2 });
    expect(error.mock.calls).toEqual([["[postern] a\\u000d\n  [postern] forged\\u2028\\u001b[2J\\u009b1A 100%%s", { b: 2 }]]);
  });
});
