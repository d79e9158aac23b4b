import { afterAll, beforeAll, describe, expect } from "vitest";
import type { Transport } from "../../src/proxy/transport.js";
import { describeFailures } from "./conformance/failures.js";
import { describeFlow } from "./conformance/flow.js";
import { describeLifecycle } from "./conformance/lifecycle.js";
import type { TransportLimits } from "./conformance/limits.js";
import { describeMessages } from "./conformance/messages.js";
import { describeTls } from "./conformance/tls.js";

/**
 * What every transport has to do. Each kind of transport runs it.
 *
 * @param create - makes a new transport; the suite closes it
 */
export function describeTransport(name: string, create: () => Transport, limits: TransportLimits = {}): void {
  describe(`${name} as a transport`, () => {
    let transport: Transport;
    let uncaught = 0;
    const count = (): void => {
      uncaught++;
    };

    beforeAll(() => {
      process.on("uncaughtException", count).on("unhandledRejection", count);
      transport = create();
    });

    afterAll(async () => {
      await transport.close(0);
      process.off("uncaughtException", count).off("unhandledRejection", count);
      expect(uncaught).toBe(0);
    });

    const current = (): Transport => transport;
    describeMessages(current, limits);
    describeFlow(current);
    describeFailures(current);
    describeTls(current);
    describeLifecycle(current, create);
  });
}
