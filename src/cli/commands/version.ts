import { version as ownVersion } from "../../version.js";
import type { Command } from "../command.js";

/** `postern version` */
export const version: Command = {
  name: "version",
  summary: "Print the version",
  usage: "Usage: postern version\n\nPrint the version of postern.",
  run: async (_args, io) => {
    io.out(ownVersion);
    return 0;
  },
};
