import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A folder of this process's own. Below node_modules, so that what is bundled finds the packages that it leaves out. */
export const bundleFolder = join(root, "node_modules", ".cache", `postern-bench-${process.pid}`);

/**
 * Bundles scripts as the package is, into {@link bundleFolder}: the names that tsx gives to functions would be measured too.
 *
 * @param sources - relative to the root of the project; each becomes a script of its own name
 */
export async function bundle(...sources: readonly string[]): Promise<void> {
  mkdirSync(bundleFolder, { recursive: true });
  await build({
    entry: Object.fromEntries(sources.map((source) => [basename(source, ".ts"), join(root, source)])),
    outDir: bundleFolder,
    format: "esm",
    target: "node20",
    config: false,
    silent: true,
    clean: false,
  });
}

/** Removes the folder, with all that was put into it. */
export function removeBundle(): void {
  rmSync(bundleFolder, { recursive: true, force: true });
}
