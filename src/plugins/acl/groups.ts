import type { Pdk } from "../../pdk/pdk.js";
import { chain, type MaybePromise } from "../../util/maybe-promise.js";
import type { acls } from "./entities.js";

export type Entities = { readonly acls: typeof acls };

/** The groups that decide about a request. */
export interface Groups {
  readonly names: readonly string[];
  /** The header in which the upstream learns of them. */
  readonly header: "X-Consumer-Groups" | "X-Authenticated-Groups";
}

/** Why there are no groups to decide by: nobody is authenticated, or somebody whom no consumer stands for. */
export type NoGroups = "unauthenticated" | "unknown";

/**
 * Finds the groups of who is calling: those of the consumer, or those that an authentication plugin found elsewhere and left in
 * `pdk.ctx.shared.authenticated_groups`.
 *
 * @param preferAuthenticated - takes the latter where there are both
 */
export function findGroups(pdk: Pdk<Entities>, preferAuthenticated: boolean): MaybePromise<Groups | NoGroups> {
  const credential = pdk.client.getCredential();
  const consumerId = pdk.client.getConsumer()?.id ?? credential?.consumer_id;
  if (typeof consumerId !== "string") {
    return authenticatedGroups(pdk) ?? (credential === null ? "unauthenticated" : "unknown");
  }
  // An anonymous consumer has no credential: what the client proved elsewhere counts more than the groups of a stand-in.
  const authenticated = credential === null || preferAuthenticated ? authenticatedGroups(pdk) : undefined;
  return authenticated ?? consumerGroups(pdk, consumerId);
}

function authenticatedGroups(pdk: Pdk<Entities>): Groups | undefined {
  const groups = pdk.ctx.shared.authenticated_groups;
  if (groups === undefined || groups === null) return undefined;
  if (Array.isArray(groups)) return { names: groups.map(String), header: "X-Authenticated-Groups" };
  pdk.log.warn("invalid authenticated_groups, a list was expected");
  return undefined;
}

function consumerGroups(pdk: Pdk<Entities>, consumerId: string): MaybePromise<Groups> {
  return chain(pdk.db.acls.eachFor("consumer", consumerId), (rows) => ({
    names: rows.map(({ group }) => group),
    header: "X-Consumer-Groups",
  }));
}
