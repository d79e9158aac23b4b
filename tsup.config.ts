import { transform } from "esbuild";
import { defineConfig, type Options } from "tsup";

/**
 * Makes CommonJS of chunks. What tsup does by itself writes `?.` and `??` as calls of helper functions, which is slow and breaks
 * generators.
 */
const commonJsChunks: NonNullable<Options["plugins"]>[number] = {
  name: "commonjs-chunks",
  async renderChunk(code, info) {
    if (this.format !== "cjs" || info.type !== "chunk" || !info.path.endsWith(".cjs")) return undefined;
    this.splitting = false;
    const result = await transform(code, {
      format: "cjs",
      platform: "node",
      target: "node20",
      sourcemap: true,
      sourcefile: info.path,
    });
    return { code: result.code, map: result.map };
  },
};

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "adapters/koa": "src/adapters/koa.ts",
    "adapters/fastify": "src/adapters/fastify.ts",
    "adapters/hono": "src/adapters/hono.ts",
    "admin-client/index": "src/admin-client/index.ts",
    "testing/index": "src/testing/index.ts",
    "cli/main": "src/cli/main.ts",
    // Beside the chunks, where `parse-off-thread.ts` looks for it.
    "parse-worker": "src/declarative/parse-worker.ts",
  },
  format: ["esm", "cjs"],
  target: "node20",
  platform: "node",
  dts: true,
  sourcemap: true,
  clean: true,
  // One graph of chunks per format: two entries never carry two copies of a class.
  splitting: true,
  treeshake: false,
  plugins: [commonJsChunks],
  skipNodeModulesBundle: true,
  // For editors, without a gateway to ask: the JSON Schema of documents, made by what has just been built.
  onSuccess: "node dist/cli/main.js schema --output dist/schema.json",
  esbuildOptions(options, { format }) {
    // CommonJS that is split in chunks is made from ESM output, where a left-over `import.meta` is a syntax error.
    if (format === "cjs") options.define = { ...options.define, "import.meta.url": "__filename" };
  },
});
