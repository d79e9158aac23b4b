import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles a script as the package is, for the names that tsx gives to functions would be measured too, and removes it afterwards.
 *
 * @param source - relative to the root of the project
 * @param use - gets the bundled script and the folder that it is in, which may hold more files
 */
export async function withBundle<T>(source: string, use: (script: string, folder: string) => Promise<T>): Promise<T> {
  // Below node_modules, so that the bundle finds the packages that it leaves out.
  const folder = join(root, "node_modules", ".cache", `postern-bench-${process.pid}`);
  const name = basename(source, ".ts");
  try {
    mkdirSync(folder, { recursive: true });
    await build({
      entry: { [name]: join(root, source) },
      outDir: folder,
      format: "esm",
      target: "node20",
      config: false,
      silent: true,
      clean: false,
    });
    return await use(join(folder, `${name}.js`), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
