import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Below node_modules, so that it finds the packages that it leaves out.
const folder = join(root, "node_modules", ".cache", `postern-cli-${process.pid}-${performance.timeOrigin}`);

await build({
  entryPoints: { main: join(root, "src/cli/main.ts"), "parse-worker": join(root, "src/declarative/parse-worker.ts") },
  outdir: folder,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
});
// For all test files of this process, which share modules.
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** The `postern` command, built as the package is: a process that starts it from the sources takes six times as long. */
export const program = join(folder, "main.js");
