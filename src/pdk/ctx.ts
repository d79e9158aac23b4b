import type { RequestContext } from "./request-context.js";

/**
 * What plugins share during one request. Extend it by declaration merging:
 *
 * ```ts
 * declare module "postern" { interface SharedContext { tenant?: string } }
 * ```
 */
export interface SharedContext {
  [key: string]: unknown;
}

/** Data that plugins keep during one request. Made when first asked for. */
export class PdkCtx<C extends object = Record<string, unknown>> {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Seen by all plugins. */
  get shared(): SharedContext {
    this.#context.shared ??= {};
    return this.#context.shared;
  }

  /** Seen by the running plugin alone, in all its phases: what its `context` makes for each request, or an empty object. */
  get plugin(): C {
    const context = this.#context;
    const { plugin } = context;
    context.pluginData ??= new Map();
    const name = plugin?.name ?? "";
    let data = context.pluginData.get(name);
    if (data === undefined) {
      data = plugin?.makeContext?.() ?? {};
      context.pluginData.set(name, data);
    }
    return data as C;
  }
}
