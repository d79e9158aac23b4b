import { isPromise } from "../util/maybe-promise.js";
import type { ServiceTarget } from "./destination.js";
import type { GatewayExchange } from "./exchange.js";
import { forward } from "./forward.js";

/** Tries once more, at the place that a plugin's callback may choose. Never throws. */
export function retry(exchange: GatewayExchange, service: ServiceTarget): void {
  const { retryCallback } = exchange;
  if (retryCallback === null) {
    forward(exchange, service);
    return;
  }
  const fail = (error: unknown): void => {
    exchange.report(error);
    exchange.answerError(503, "failure to get a peer from retry handler");
  };
  exchange.phase = "balancer";
  try {
    const running = retryCallback();
    if (isPromise(running)) (running as Promise<void>).then(() => forward(exchange, service), fail);
    else forward(exchange, service);
  } catch (error) {
    fail(error);
  }
}
