import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createGateway } from "../../../gateway.js";
import { version } from "../../../version.js";
import { examples, type Register, UsageError } from "../../command.js";
import { pluginSkeleton } from "../../plugin-skeleton.js";

interface Flags {
  readonly dir?: string;
  readonly js?: boolean;
}

/** As Kong's names are. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** `postern plugin new` */
export const pluginNew: Register = (group, { io }) => {
  group
    .command("new")
    .description("Write a plugin to begin with: schema, handler, test and README")
    .argument("<name>", "lower case with dashes, as it will stand in configurations")
    .option("--dir <folder>", "the folder to make (default: one of the plugin's name)")
    .option("--js", "JavaScript in place of TypeScript")
    .addHelpText(
      "after",
      `\nA folder that is there already stays as it is.\n${examples(
        ["postern plugin new say-hello", "writes ./say-hello"],
        ["postern plugin new say-hello --js --dir plugins/hello", "in JavaScript, into ./plugins/hello"],
      )}`,
    )
    .action(async (name: string, { dir = name, js = false }: Flags) => {
      if (!NAME.test(name)) throw new UsageError(`'${name}' is no name for a plugin: lower case letters, digits and dashes`);
      if (createGateway().plugins.has(name)) throw new UsageError(`there is a bundled plugin '${name}': choose another name`);
      await makeFolder(dir);
      const files = pluginSkeleton(name, { js, postern: version });
      await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(dir, file), text, { flag: "wx" })));
      io.out(`written: ${dir}. Next: cd ${dir} && npm install && npm test`);
    });
};

/** @throws Error when it is there already */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(dirname(resolve(folder)), { recursive: true });
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(`${resolve(folder)} already exists.\nWill not overwrite it.`);
  }
}
