import { closeSync, constants, openSync, readFileSync, type StatsBase, statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";

/**
 * Reading a named pipe waits for somebody who writes: at once it keeps the process, and otherwise a thread of Node's, for as long as nobody
 * does. A file that has become one since it was looked at is not waited for. Windows has no such flag, and no such files.
 */
const flag = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * The content of a regular file.
 *
 * @throws an error (rejects) for everything else, such as named pipes and folders; the error of the file system
 */
export async function readRegularFile(path: string): Promise<Buffer> {
  checkRegular(path, await stat(path));
  return readFile(path, { flag });
}

/** As {@link readRegularFile}, at once. */
export function readRegularFileSync(path: string): string {
  checkRegular(path, statSync(path));
  const file = openSync(path, flag);
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** @throws an error for what is no regular file */
export function checkRegular(path: string, stats: StatsBase<number> | StatsBase<bigint>): void {
  if (!stats.isFile()) throw new Error(`'${path}' is ${kindOf(stats)}, not a regular file`);
}

function kindOf(stats: StatsBase<number> | StatsBase<bigint>): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}
