import { message } from "./answer.js";
import type { AdminMethod, AdminPath, Endpoint } from "./endpoint.js";
import { action } from "./operation.js";

/** Paths of Kong whose subject there is not here. Clients such as decK take these answers for that, and a 404 for a fault. */
export const unavailablePaths: readonly AdminPath[] = [
  ...[
    "/filter-chains/{filter_chains}",
    "/filter-chains/{filter_chains}/route",
    "/filter-chains/{filter_chains}/service",
    "/routes/{routes}/filter-chains/{filter_chains}",
    "/services/{services}/filter-chains/{filter_chains}",
  ].map((pattern) => withoutWasm(pattern, "GET", "PUT", "PATCH", "DELETE")),
  ...["/filter-chains", "/routes/{routes}/filter-chains", "/services/{services}/filter-chains"].map((pattern) =>
    withoutWasm(pattern, "GET", "POST"),
  ),
  ...["all", "enabled", "disabled"].map((which) => withoutWasm(`/routes/{routes}/filters/${which}`, "GET")),
  ...["/clustering/data-planes", "/clustering/status"].map((pattern) =>
    refusing(pattern, ["GET"], "this endpoint is only available when Kong is configured to run as Control Plane for the cluster"),
  ),
];

function withoutWasm(pattern: string, ...methods: readonly AdminMethod[]): AdminPath {
  return refusing(pattern, methods, "this endpoint is only available when wasm is enabled");
}

function refusing(pattern: string, methods: readonly AdminMethod[], text: string): AdminPath {
  const endpoint: Endpoint = {
    run: () => message(400, text),
    operation: action("Not available", { answers: { 400: { description: "Always", body: { kind: "message" } } } }),
  };
  return { pattern, unavailable: true, endpoints: Object.fromEntries(methods.map((method) => [method, endpoint])) };
}
