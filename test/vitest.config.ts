import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^postern$/, replacement: `${root}src/index.ts` },
      { find: /^postern\/(koa|fastify|hono)$/, replacement: `${root}src/adapters/$1.ts` },
      { find: /^postern\/admin-client$/, replacement: `${root}src/admin-client/index.ts` },
      { find: /^postern\/testing$/, replacement: `${root}src/testing/index.ts` },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 10_000,
    hookTimeout: 10_000,
    restoreMocks: true,
    // Loading the sources anew for each file took a third of the time. A file that replaces modules has to clear them away itself.
    isolate: false,
    // Most of the time tests wait, so the processor that is left free by default would idle.
    maxWorkers: Math.max(2, availableParallelism()),
    unstubEnvs: true,
    typecheck: {
      enabled: true,
      include: ["test/types/**/*.test-d.ts"],
      tsconfig: "test/types/tsconfig.json",
      // `npm run types` reports the faults of src/; here only the assertions count.
      ignoreSourceErrors: true,
    },
    coverage: { enabled: false, provider: "v8", include: ["src/**"], reportsDirectory: "coverage" },
  },
});
