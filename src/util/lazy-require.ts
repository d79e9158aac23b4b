import { createRequire } from "node:module";
import { MissingPackageError } from "../errors/gateway-error.js";

// The CommonJS build has `__filename` in place of `import.meta.url` (tsup.config.ts). Asking for `__filename` or `require` here would
// not do: `node -e` defines both for ESM too, and esbuild puts a `require` of its own, which throws, into ESM that mentions the name.
const load = createRequire(import.meta.url);

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

/**
 * As {@link lazyRequire}, for a package that users install only if they need it.
 *
 * @param usedBy - what needs it, for the message
 * @returns a function that throws `MissingPackageError` when the package is not installed
 */
export function lazyOptional<T>(name: string, usedBy: string): () => T {
  const load = lazyRequire<T>(name);
  return () => {
    try {
      return load();
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== "MODULE_NOT_FOUND") throw error;
      throw new MissingPackageError(name, usedBy, error);
    }
  };
}
