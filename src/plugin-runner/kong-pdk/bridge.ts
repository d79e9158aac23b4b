import type { Pdk } from "../../pdk/pdk.js";
import { isPromise } from "../../util/maybe-promise.js";
import { thrownText } from "../../util/thrown.js";
import { kongFunctions, missingFunctions } from "./functions.js";

/** What a call of the PDK rejects with. */
class PdkCallError extends Error {
  override readonly name = "PDKError";

  constructor(name: string, cause: unknown) {
    super(`kong.${name}: ${thrownText(cause)}`, { cause });
  }
}

/** What the functions of one phase of one request work with. */
export interface BridgeContext {
  /** `null` in the phase `certificate`, in which there is no request yet. */
  readonly pdk: Pdk | null;
  /** Hands bodies over as `Buffer` rather than text. */
  readonly bytes: boolean;
  /** Called when the plugin has answered: nothing more is waited for. */
  answered(): void;
}

/** These end the plugin's part: what it calls afterwards is not carried out, and its promise stays open. */
const endings: ReadonlySet<string> = new Set(["response.exit", "response.error"]);

/** The `kong` of a phase: any path below it is a function, under Kong's names or in camelCase. */
export function kongBridge(context: BridgeContext): object {
  return node("", new Bridge(context));
}

function node(path: string, bridge: Bridge): object {
  const children = new Map<string, object>();
  return new Proxy((...args: unknown[]) => bridge.call(path, args), {
    get(_target, name) {
      // A `then` would make a promise of each node that is awaited.
      if (typeof name === "symbol" || name === "then") return undefined;
      let child = children.get(name);
      if (child === undefined) {
        const own = name.replace(/[a-z][A-Z]/g, ([first, second]) => `${first}_${second}`).toLowerCase();
        child = node(path === "" ? own : `${path}.${own}`, bridge);
        children.set(name, child);
      }
      return child;
    },
  });
}

class Bridge {
  readonly #context: BridgeContext;
  #hasAnswered = false;

  constructor(context: BridgeContext) {
    this.#context = context;
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#hasAnswered) return new Promise(() => undefined);
    const result = this.#result(name, args);
    // Many plugins do not wait for what they set. A failure of that must not end the process, nor be lost.
    result.catch((error: Error) => this.#context.pdk?.log.warn(error.message));
    return result;
  }

  async #result(name: string, args: readonly unknown[]): Promise<unknown> {
    try {
      const value = this.#run(name, args);
      const result = isPromise(value) ? await value : value;
      return Buffer.isBuffer(result) && !this.#context.bytes ? result.toString("utf8") : (result ?? undefined);
    } catch (error) {
      throw new PdkCallError(name, error);
    }
  }

  #run(name: string, args: readonly unknown[]): unknown {
    const { pdk, answered } = this.#context;
    const run = kongFunctions.get(name) as ((pdk: Pdk, ...args: readonly unknown[]) => unknown) | undefined;
    if (run === undefined) throw new Error(`this function is not supported: ${whyNot(name)}`);
    if (pdk === null) throw new Error("function cannot be called in certificate phase: there is no request yet");
    const value = run(pdk, ...args.map((arg) => arg ?? undefined));
    if (endings.has(name)) {
      this.#hasAnswered = true;
      answered();
    }
    return value;
  }
}

function whyNot(name: string): string {
  return missingFunctions.get(name) ?? "kong-pdk has none of that name";
}
