import { writeFile } from "node:fs/promises";
import { documentSchema } from "../../declarative/editor-schema.js";
import { type Cli, examples, type Register } from "../command.js";
import { entitiesOf, readSettings } from "../settings.js";

interface Flags {
  readonly entity?: string;
  readonly output?: string;
  readonly conf?: string;
}

/** `postern schema` */
export const schema: Register = (program, cli) => {
  program
    .command("schema")
    .description("Print the JSON Schema of configuration files, for editors")
    .option("--entity <name>", "the schema of one record of this entity (services, routes ...)")
    .option("-o, --output <file>", "write it to a file")
    .option("-c, --conf <file>", "a kong.conf: its setting plugins says which ones are known")
    .addHelpText(
      "after",
      `
Editors with the YAML language server complete and check a file whose first line is
  # yaml-language-server: $schema=gateway.schema.json
${examples(
  ["postern schema --output gateway.schema.json", "for the line above"],
  ["postern schema --entity services", "what a service may have"],
)}`,
    )
    .action((flags: Flags) => writeSchema(flags, cli));
};

async function writeSchema({ entity, output, conf }: Flags, cli: Cli): Promise<void> {
  const entities = entitiesOf(readSettings(cli, conf).options);
  const text = JSON.stringify(documentSchema(entities, entity === undefined ? {} : { entity }), null, 2);
  if (output === undefined) cli.io.out(text);
  else await writeFile(output, `${text}\n`);
}
