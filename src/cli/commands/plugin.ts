import { onlySubcommands, type Register } from "../command.js";
import { pluginNew } from "./plugin/new.js";

/** `postern plugin` */
export const plugin: Register = (program, cli) => {
  const group = program.command("plugin").description("Work with plugins of your own");
  pluginNew(group, cli);
  onlySubcommands(group);
};
