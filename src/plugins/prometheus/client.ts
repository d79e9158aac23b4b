import type * as promClient from "prom-client";
import { lazyOptional } from "../../util/lazy-require.js";

/** The package that knows Prometheus's format. */
export type PromClient = typeof promClient;

/** @throws MissingPackageError when the package is not installed */
export const loadClient = lazyOptional<PromClient>("prom-client", "the plugin prometheus");
