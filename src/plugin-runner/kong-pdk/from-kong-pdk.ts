import { PluginLoadError } from "../../errors/gateway-error.js";
import type { Pdk } from "../../pdk/pdk.js";
import type { Fields } from "../../schema/field.js";
import { thrownText } from "../../util/thrown.js";
import { definePlugin, type Plugin } from "../define-plugin.js";
import { perConfig } from "../per-config.js";
import { kongBridge } from "./bridge.js";
import { schemaFields } from "./schema-fields.js";
import { whole } from "./values.js";

/** What a JavaScript plugin for Kong exports: see the examples of the package `kong-pdk`. */
export interface KongPdkModule {
  /** Made once per configuration, with the configuration. Its methods `rewrite`, `access` … are the phases. */
  readonly Plugin: new (
    config: never,
  ) => object;
  /** The fields of the configuration in Kong's own form. Default: none. */
  readonly Schema?: readonly object[];
  /** Default: the option `name`. */
  readonly Name?: string;
  /** `x.y.z` */
  readonly Version?: string;
  /** Default 0. */
  readonly Priority?: number;
}

/** What {@link fromKongPdk} takes beside the module. */
export interface KongPdkOptions {
  /** The plugin's name where the module has none; in Kong, that of the file. */
  readonly name?: string;
  /**
   * What an exception of the plugin does: `fail` (default) answers with 500, as for any plugin; `continue` logs it and goes on with the
   * request, as Kong does, for which the plugin is just over then.
   */
  readonly onError?: "fail" | "continue";
  /** How raw bodies are handed over: as `text` (default), which the package's examples expect, or as `Buffer`. */
  readonly bodies?: "text" | "buffer";
}

const phases = ["rewrite", "access", "response", "log"] as const;
type Phase = (typeof phases)[number];

/** A plugin's object: its phases by name. */
type Instance = Partial<Record<Phase | "certificate", (kong: object) => unknown>>;

/**
 * Makes a plugin of one that was written for Kong's package `kong-pdk`, unchanged. The package is not needed.
 *
 * The plugin runs in this process, and what it awaits is done at once. Its phase `preread` is never called: streams are not proxied. PDK
 * functions that have no counterpart here reject with an error that names them.
 *
 * @param module - what the plugin's file exports
 * @throws PluginLoadError when that is no such plugin, has no name, or its schema has what is not supported here
 * @example
 * ```ts
 * const gateway = createGateway({ plugins: [fromKongPdk(require("./js-hello.js"), { name: "js-hello" })] });
 * ```
 */
export function fromKongPdk(module: KongPdkModule, options: KongPdkOptions = {}): Plugin<string, Fields> {
  const exported: Partial<KongPdkModule> = kongPdkModule(module) ?? {};
  const { Plugin: PluginClass, Schema = [], Name, Version = "0.0.0", Priority = 0 } = exported;
  const name = (Name ?? options.name)?.toLowerCase();
  if (PluginClass === undefined) throw new PluginLoadError(name ?? "?", "the module does not export a class 'Plugin'");
  if (name === undefined) throw new PluginLoadError("?", "the module exports no 'Name', and the option 'name' is not given");
  const make = perConfig((config: object) => new PluginClass(whole(config) as never) as Instance);
  const run = (phase: Phase) => (pdk: Pdk, config: object) => runPhase(make(config), phase, pdk, options);
  const prototype = PluginClass.prototype as Instance;
  const own = phases.filter((phase) => typeof prototype[phase] === "function");
  return definePlugin({
    name,
    version: Version,
    priority: Priority,
    config: fieldsOf(name, Schema),
    ...Object.fromEntries(own.map((phase) => [phase, run(phase)])),
    ...(typeof prototype.certificate === "function"
      ? { certificate: (config: object) => runPhase(make(config), "certificate", null, options) }
      : {}),
  });
}

/** The module, whichever way it was loaded; `undefined`: it is no plugin for Kong. */
export function kongPdkModule(exported: unknown): KongPdkModule | undefined {
  if (typeof exported !== "object" || exported === null) return undefined;
  const { Plugin: PluginClass, default: other } = exported as { readonly Plugin?: unknown; readonly default?: unknown };
  if (typeof PluginClass === "function") return exported as KongPdkModule;
  return other === exported ? undefined : kongPdkModule(other);
}

function fieldsOf(name: string, schema: readonly object[]): Fields {
  try {
    return schemaFields(schema);
  } catch (error) {
    throw new PluginLoadError(name, (error as Error).message, error);
  }
}

/** Runs a phase until the plugin is through with it, or has answered. */
function runPhase(
  instance: Instance,
  phase: Phase | "certificate",
  pdk: Pdk | null,
  { onError = "fail", bodies = "text" }: KongPdkOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const over = (): void => {
      isOver = true;
      resolve();
    };
    const failed = (error: unknown): void => {
      if (!isOver && onError !== "continue") {
        reject(error as Error);
        return;
      }
      const how = isOver ? "after its answer" : "and the request goes on";
      pdk?.log.error(`${phase} failed, ${how}: ${thrownText(error)}`);
      over();
    };
    const kong = kongBridge({ pdk, bytes: bodies === "buffer", answered: over });
    const running = async (): Promise<unknown> => instance[phase]?.(kong);
    running().then(over, failed);
  });
}
