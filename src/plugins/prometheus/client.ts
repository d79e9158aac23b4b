import type * as promClient from "prom-client";
import { MissingPackageError } from "../../errors/gateway-error.js";
import { lazyRequire } from "../../util/lazy-require.js";

/** The package that knows Prometheus's format. */
export type PromClient = typeof promClient;

const load = lazyRequire<PromClient>("prom-client");

/** @throws MissingPackageError when the package is not installed */
export function loadClient(): PromClient {
  try {
    return load();
  } catch (error) {
    throw new MissingPackageError("prom-client", "the plugin prometheus", error);
  }
}
