import { version as ownVersion } from "../../version.js";
import type { Register } from "../command.js";

/** `postern version` */
export const version: Register = (program, { io }) => {
  program
    .command("version")
    .description("Print the version")
    .option("--json", "as JSON, with the versions of Node.js and the platform")
    .action(({ json }: { json?: true }) => {
      const { node } = process.versions;
      io.out(json ? JSON.stringify({ version: ownVersion, node, platform: `${process.platform} ${process.arch}` }) : ownVersion);
    });
};
