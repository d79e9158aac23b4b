import { thrownText } from "../util/thrown.js";

/** A plugin threw: which, where, what. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  readonly plugin: string;
  readonly phase: string;

  constructor(plugin: string, phase: string, cause: unknown) {
    super(`plugin '${plugin}' failed in ${phase}: ${thrownText(cause)}`, { cause });
    this.plugin = plugin;
    this.phase = phase;
  }
}
