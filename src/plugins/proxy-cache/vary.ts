import type { Pdk } from "../../pdk/pdk.js";
import { listOf, MOST_HEADERS } from "./cacheable.js";

/** The request headers that an answer depends on by its own account, with the values of the request that it answers. */
export type Variant = readonly (readonly [name: string, value: string])[];

/**
 * What the answer's `Vary` names. `undefined` when it depends on what cannot be told (`*`). An answer with a coding depends on whether the
 * client understands it, whether it says so or not.
 */
export function variantOf(pdk: Pdk): Variant | undefined {
  const lines = listOf(pdk.response.getHeaders(MOST_HEADERS).vary) ?? [];
  const names = lines.flatMap((line) => line.split(",")).map((name) => name.trim().toLowerCase());
  if (names.includes("*")) return undefined;
  if (pdk.response.getHeader("content-encoding") !== undefined) names.push("accept-encoding");
  return names.filter((name) => name !== "").map((name) => [name, sent(pdk, name)] as const);
}

/** Whether the request has the same values. */
export function isSameVariant(pdk: Pdk, variant: Variant): boolean {
  return variant.every(([name, value]) => sent(pdk, name) === value);
}

function sent({ request }: Pdk, name: string): string {
  return request.getHeaderValues(name)?.join(", ") ?? "";
}
