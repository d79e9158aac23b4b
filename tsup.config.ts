import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "adapters/koa": "src/adapters/koa.ts",
    "adapters/fastify": "src/adapters/fastify.ts",
    "adapters/hono": "src/adapters/hono.ts",
    "testing/index": "src/testing/index.ts",
    "cli/main": "src/cli/main.ts",
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
  skipNodeModulesBundle: true,
  esbuildOptions(options, { format }) {
    // CommonJS that is split in chunks is made from ESM output, where a left-over `import.meta` is a syntax error.
    if (format === "cjs") options.define = { ...options.define, "import.meta.url": "__filename" };
  },
});
