import { type ParseArgsConfig, parseArgs as parse } from "node:util";
import { UsageError } from "./command.js";

/** `parseArgs` of Node, whose complaints are about the command line and not about the program. */
export function parseArgs<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parse<T>> {
  try {
    return parse(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/**
 * Reads a port.
 *
 * @param option - for the message
 * @throws UsageError unless it is a whole number between 0 and 65535
 */
export function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`${option}: '${text}' is not a port`);
  return port;
}
