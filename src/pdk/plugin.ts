import type { MaybePromise } from "../util/maybe-promise.js";
import { keptState } from "./node-context.js";
import type { RequestContext } from "./request-context.js";

/** The running plugin instance, and what it keeps beyond a request. */
export class PdkPlugin {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Id of the plugin entity. */
  getId(): string {
    return this.#context.plugin?.id ?? "";
  }

  /** Name of the plugin entity, where it has one of its own. (Not in Kong.) */
  getInstanceName(): string | null {
    return this.#context.plugin?.instanceName ?? null;
  }

  /**
   * What the plugin keeps for the life of the gateway: made once per gateway and plugin, kept over reloads, never shared with
   * another gateway in the process. (Not in Kong, where a Lua module's variables play this part.)
   *
   * @param close - called by `gateway.close()`, when no request is in hand any more and queues are empty: ends timers, closes files
   * @example
   * ```ts
   * const seen = pdk.plugin.state(() => new Map<string, number>());
   * ```
   */
  state<T>(create: () => T, close?: (state: T) => MaybePromise<void>): T {
    return keptState(this.#context.node, this.#context.plugin?.name ?? "", create, close);
  }
}
