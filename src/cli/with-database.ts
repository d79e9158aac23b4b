import { createGateway, type Gateway } from "../gateway.js";
import type { Cli } from "./command.js";
import { readSettings } from "./settings.js";

/**
 * Opens the database of the settings for one command.
 *
 * @param word - the command, for the error
 * @param hint - what to do without a database
 * @throws Error when the settings name none
 */
export async function withDatabase<T>(
  {
    conf,
    cli,
    word,
    hint = "",
  }: { readonly conf: string | undefined; readonly cli: Cli; readonly word: string; readonly hint?: string },
  run: (gateway: Gateway) => Promise<T>,
): Promise<T> {
  const { options } = readSettings(cli, conf);
  if (options.database !== "postgres") throw new Error(`'postern config ${word}' only works with a database.${hint}`);
  const gateway = createGateway(options);
  try {
    await gateway.ready();
    return await run(gateway as Gateway);
  } finally {
    await gateway.close({ graceMs: 0 });
  }
}
