export {
  type AdminClient,
  type AdminClientOptions,
  type ConfigClient,
  createAdminClient,
  type NodeClient,
  type NodeInfo,
  type NodeStatus,
  type SchemaClient,
} from "./client.js";
export type { ClientAnswer, ClientBody, ConnectionOptions } from "./connection.js";
export { AdminClientError } from "./error.js";
export type {
  ChildClient,
  ClientPage,
  EntityClient,
  EntityClients,
  EntityReader,
  Key,
  ListOptions,
  TaggedListOptions,
  TargetHealthReport,
  UpstreamClient,
} from "./types.js";
