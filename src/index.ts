// The public surface.

// Gateway
export { createGateway, type ConfigInput, type Gateway, type GatewayPlugins } from "./gateway.js";
export type { GatewayEvents, LoadResult } from "./gateway-events.js";
export type { ListenAddress, ListenOptions, ListenResult } from "./gateway-servers.js";
export type { GatewayStore } from "./gateway-store.js";
export type { DeclarativeDocument, GatewayOptions, TransportOption } from "./options.js";
export { type GatewayContext, getGatewayContext } from "./runtime/gateway-context.js";
export type { ExplainedRoute, ExplainRequest } from "./runtime/explain-route.js";
export type { Logger } from "./pdk/node-context.js";
export { version } from "./version.js";

// Plugins
export {
  type AnyPlugin,
  type BodyChunk,
  definePlugin,
  type Plugin as PluginDefinition,
  type PluginNode,
  type PluginOptions,
  type PluginPhases,
} from "./plugin-runner/define-plugin.js";
export { perConfig } from "./plugin-runner/per-config.js";
export { type AuthenticationFailure, authenticateOrAnonymous, setConsumer } from "./plugin-runner/authentication.js";
export type { Pdk, PdkEntityReader, SharedContext } from "./pdk/pdk.js";

// Entities and their schema
export { defineEntity, type EntityDefinition, type Infer, type InferInput } from "./schema/entity.js";
export {
  arrayOf,
  bool,
  type Field,
  foreign,
  int,
  json,
  mapOf,
  num,
  oneOf,
  record,
  setOf,
  str,
} from "./schema/field.js";
export type { Consumer, ConsumerInput } from "./entities/consumers.js";
export type { Plugin, PluginInput } from "./entities/plugins.js";
export type { Route, RouteInput } from "./entities/routes.js";
export type { Service, ServiceInput } from "./entities/services.js";
export type { Target, TargetInput } from "./entities/targets.js";
export type { Upstream, UpstreamInput } from "./entities/upstreams.js";

// Store
export type { Dao, EntityStore, Page, PageOptions, ReadOptions, WriteOptions } from "./store/dao.js";

// Errors
export * from "./errors/dao-errors.js";
export { GatewayClosedError, GatewayError, MissingPackageError, OptionsError, PluginLoadError } from "./errors/gateway-error.js";

// Transports of one's own
export {
  type Exchange,
  type ExchangeHandler,
  type Transport,
  TransportError,
  type TransportFailure,
  type UpgradeExchange,
  type UpgradeHandler,
  type UpstreamRequest,
  type UpstreamTls,
} from "./proxy/transport.js";
