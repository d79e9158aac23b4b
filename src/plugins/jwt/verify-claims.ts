import type { JwtConfig } from "./config.js";

/** What is wrong with claims, by their names. */
export type ClaimFaults = Readonly<Record<string, string>>;

/**
 * Verifies the registered claims that a configuration asks for, without leeway.
 *
 * @param now - seconds since the epoch
 */
export function claimFaults(
  claims: Readonly<Record<string, unknown>>,
  { claims_to_verify, maximum_expiration }: JwtConfig,
  now: number,
): ClaimFaults | undefined {
  let faults: Record<string, string> | undefined;
  for (const name of claims_to_verify ?? []) {
    const fault = faultOf(name, claims[name], now);
    if (fault !== undefined) {
      faults ??= {};
      faults[name] = fault;
    }
  }
  if (faults !== undefined || !maximum_expiration) return faults;
  return typeof claims.exp === "number" && claims.exp - now <= maximum_expiration
    ? undefined
    : { exp: "exceeds maximum allowed expiration" };
}

function faultOf(name: "exp" | "nbf", value: unknown, now: number): string | undefined {
  if (typeof value !== "number") return "must be a number";
  if (name === "exp") return value <= now ? "token expired" : undefined;
  return value > now ? "token not valid yet" : undefined;
}
