import type { PdkRequest } from "../../pdk/request.js";

/** The text that is signed: a line for each name. A header of the request comes before what the name means otherwise. */
export function signingString(request: PdkRequest, names: readonly string[]): string {
  return names.map((name) => lineOf(request, name)).join("\n");
}

function lineOf(request: PdkRequest, name: string): string {
  const value = request.getHeader(name);
  if (value !== undefined) return `${name}: ${value}`;
  const target = request.getPathWithQuery();
  if (name === "@request-target") return `${name}: ${request.getMethod().toLowerCase()} ${target}`;
  if (name === "request-line") return `${request.getMethod()} ${target} HTTP/${request.getHttpVersion().toFixed(1)}`;
  return `${name}:`;
}
