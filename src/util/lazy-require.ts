import { createRequire } from "node:module";

// ESM has `import.meta.url` and no `__filename`, CommonJS the reverse. `typeof require` would not do: esbuild puts a `require` of its
// own, which throws, into every ESM output that mentions the name.
const load = createRequire(typeof __filename === "string" ? __filename : import.meta.url);

/**
 * Puts off loading a package until it is first needed, so that `import "postern"` stays cheap. Loading is synchronous because
 * `createGateway` is.
 *
 * @param name - the package, one of our dependencies
 * @returns a function that loads the package at its first call and answers it ever after
 */
export function lazyRequire<T>(name: string): () => T {
  let loaded: T | undefined;
  return () => {
    loaded ??= load(name) as T;
    return loaded;
  };
}
