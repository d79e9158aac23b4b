import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { examples, type Register } from "../../command.js";
import { skeleton } from "../../skeleton.js";

/** `postern config init` */
export const init: Register = (group, { io }) => {
  group
    .command("init")
    .description("Write a commented file to begin with")
    .argument("[file]", "where to", "gateway.yml")
    .addHelpText(
      "after",
      `\nA file that is there already stays as it is.\n${examples(["postern config init", "writes ./gateway.yml"])}`,
    )
    .action(async (file: string) => {
      try {
        await writeFile(file, skeleton, { flag: "wx" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        throw new Error(`${resolve(file)} already exists.\nWill not overwrite it.`);
      }
      io.out(`written: ${file}. Next: postern config parse ${file}`);
    });
};
