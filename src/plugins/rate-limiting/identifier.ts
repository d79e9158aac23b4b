import type { Pdk, PluginEntities } from "../../pdk/pdk.js";

/** What counts as one client. */
export type LimitBy = "consumer" | "credential" | "ip" | "service" | "header" | "path";

interface IdentifierConfig {
  readonly limit_by: LimitBy | null;
  readonly header_name: string | null;
  readonly path: string | null;
}

/** Who is counted: what `limit_by` names, or the client's address where the request has no such thing. */
export function identifierOf<E extends PluginEntities>(pdk: Pdk<E>, config: IdentifierConfig): string {
  return named(pdk, config) ?? pdk.client.getForwardedIp();
}

function named<E extends PluginEntities>(pdk: Pdk<E>, { limit_by, header_name, path }: IdentifierConfig): string | undefined {
  switch (limit_by) {
    case "ip":
      return undefined;
    case "service":
      return pdk.router.getService()?.id;
    case "header":
      return header_name === null ? undefined : pdk.request.getHeader(header_name);
    case "path":
      return path !== null && pdk.request.getPath() === path ? path : undefined;
    case "credential":
      return pdk.client.getCredential()?.id;
    default:
      return (pdk.client.getConsumer() ?? pdk.client.getCredential())?.id;
  }
}
