import { isUuid } from "../util/uuid.js";
import type { Administrator } from "./access.js";
import { endpointFor } from "./endpoint.js";
import type { OperationKind } from "./operation.js";
import type { PathMatch } from "./path-table.js";

/** One request to the Admin API, for an audit log. It holds no secrets: no query, no header, no body, and no keys in the path. */
export interface AdminRequestEvent {
  /** When it came: milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** With `***` where it names something by a value that may be a secret, such as the key of a credential. */
  readonly path: string;
  /** The kind of path, with its parameters as `{name}`; `undefined` when there is no such path. */
  readonly pattern: string | undefined;
  /** What was asked for; `undefined` where the path has no such method. */
  readonly operation: OperationKind | undefined;
  /** The entity that it is about. */
  readonly entity: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** The client's address; empty on a Unix socket. */
  readonly address: string;
  /** Whom the token belongs to, where tokens have names. */
  readonly administrator: string | undefined;
}

/** Parameters whose values name things and protect nothing, where they are no ids. */
const openKeys: ReadonlySet<string> = new Set([
  "address",
  "ca_certificates",
  "certificates",
  "consumers",
  "entity",
  "key_sets",
  "keys",
  "level",
  "name",
  "plugins",
  "routes",
  "services",
  "snis",
  "tags",
  "targets",
  "upstreams",
  "vaults",
]);

/** Nobody knows what stands in a path that we do not have. */
function maskedPath(match: PathMatch | undefined): string {
  if (!match) return "***";
  return match.path.pattern.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const value = match.params[name] as string;
    return isUuid(value) || openKeys.has(name) ? value : "***";
  });
}

/** The event of a request that has been answered. */
export function auditEvent(
  request: { readonly method: string; readonly at: number },
  match: PathMatch | undefined,
  { address, name }: Administrator,
  answered: { readonly status: number; readonly durationMs: number },
): AdminRequestEvent {
  const { method, at } = request;
  const endpoint = match && endpointFor(match.path.endpoints, method);
  const operation = endpoint?.operation;
  return {
    at,
    method,
    path: maskedPath(match),
    pattern: match?.path.pattern,
    operation: operation?.kind,
    entity: operation?.entity,
    ...answered,
    address,
    administrator: name,
  };
}
