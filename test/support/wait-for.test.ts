import { expect, it } from "vitest";
import { waitFor } from "./wait-for.js";

it("answers what it waited for", async () => {
  let looks = 0;
  expect(await waitFor(() => (++looks < 3 ? undefined : `look ${looks}`), { interval: 1 })).toBe("look 3");
});

it("says what did not come about, and why", async () => {
  const look = (): never => {
    throw new Error("no answer");
  };
  const error = await waitFor(look, { timeout: 5, interval: 1, what: "the port" }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: "the port did not come about within 5 ms", cause: { message: "no answer" } });
});
