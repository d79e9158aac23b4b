import { readFileSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes the id of this process into a file, and removes the file when the process ends, unless another one has written its own by then.
 *
 * It is written once the gateway serves: one that cannot start, perhaps because it runs already, leaves the file of that one alone.
 */
export function keepPidFile(path: string | undefined): void {
  if (path === undefined) return;
  const content = `${process.pid}\n`;
  writeFileSync(path, content);
  process.once("exit", () => {
    if (contentOf(path) === content) rmSync(path, { force: true });
  });
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
