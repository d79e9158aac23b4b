// The public surface, in groups. Gateway

export type { AdminRequestEvent } from "./admin/audit.js";
export type { OpenApiDocument, OpenApiOperation } from "./admin/openapi/document.js";
export type { DocumentSchemaOptions } from "./declarative/editor-schema.js";
export type { ExportOptions } from "./declarative/export/export.js";
export type { ConfigWarning, WarningCode } from "./declarative/finding.js";
export { type ConfigInput, createGateway, type Gateway, type GatewayPlugins } from "./gateway.js";
export type { DeclarativeOptions } from "./gateway-declarative.js";
export type { GatewayEvents, LoadOptions, LoadProgress, LoadResult } from "./gateway-events.js";
export type { ListenAddress, ListenOptions, ListenResult } from "./gateway-servers.js";
export type { GatewayStore } from "./gateway-store.js";
export type { WatchOptions } from "./gateway-watch.js";
export { listenFromEnv } from "./kong-listen.js";
export { type Environment, optionsFromEnv, optionsFromFile, type SettingsOptions } from "./kong-options.js";
export type { AdminOptions, DeclarativeDocument, GatewayOptions, TransportOption } from "./options.js";
export type { Logger } from "./pdk/node-context.js";
export type { ExplainedRoute, ExplainRequest } from "./runtime/explain-route.js";
export { type GatewayContext, getGatewayContext } from "./runtime/gateway-context.js";
export { version } from "./version.js";

// Plugins

export type { PdkCache } from "./pdk/cache.js";
export type { SharedContext } from "./pdk/ctx.js";
export type { PdkEntity, PdkEntityReader } from "./pdk/db.js";
export type { LogEntry, LoggedTry } from "./pdk/log/log-entry.js";
export type { Pdk } from "./pdk/pdk.js";
export type { QueueOptions, QueueParameters } from "./pdk/queue/parameters.js";
export type { QueueSender } from "./pdk/queue/queue.js";
export type { RedisAddress, RedisConfig, RedisTopology } from "./pdk/redis/config.js";
export type { RedisArgument, RedisCommand, RedisConnection } from "./pdk/redis/connection.js";
export type { PdkRedis } from "./pdk/redis/connections.js";
export type {
  AdminEndpointAnswer,
  AdminEndpointHandler,
  AdminEndpointMethod,
  AdminEndpointRequest,
  AdminEndpoints,
} from "./plugin-runner/admin-endpoints.js";
export { type AuthenticationFailure, authenticateOrAnonymous, setConsumer } from "./plugin-runner/authentication.js";
export {
  type AnyPlugin,
  type BodyChunk,
  definePlugin,
  type Plugin as PluginDefinition,
  type PluginOptions,
  type PluginPhases,
} from "./plugin-runner/define-plugin.js";
export { fromKongPdk, type KongPdkModule, type KongPdkOptions } from "./plugin-runner/kong-pdk/from-kong-pdk.js";
export { perConfig } from "./plugin-runner/per-config.js";
export type { PluginNode } from "./plugin-runner/plugin-node.js";
export type { CachedValue, CacheLoad, CacheLoader, CacheStats, CacheTimes } from "./util/cache.js";

// Schema

export { defineEntity, type EntityDefinition, type Infer, type InferInput } from "./schema/entity.js";
export {
  arrayOf,
  bool,
  type Field,
  type ForeignKey,
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
export type { JsonSchema } from "./schema/json-schema.js";
export type { ConfigSchema, JsonObjectSchema, StandardSchema } from "./schema/other-schemas.js";
export { tags, timestamps, uuid } from "./schema/typedefs.js";

// Entities

export type { CaCertificate, CaCertificateInput } from "./entities/ca-certificates.js";
export type { Certificate, CertificateInput } from "./entities/certificates.js";
export type { Consumer, ConsumerInput } from "./entities/consumers.js";
export type { KeySet, KeySetInput } from "./entities/key-sets.js";
export type { Key, KeyInput } from "./entities/keys.js";
export type { Parameter, ParameterInput } from "./entities/parameters.js";
export type { Plugin, PluginInput } from "./entities/plugins.js";
export type { Route, RouteInput } from "./entities/routes.js";
export type { Service, ServiceInput } from "./entities/services.js";
export type { Sni, SniInput } from "./entities/snis.js";
export type { TaggedEntity } from "./entities/tags.js";
export type { Target, TargetInput } from "./entities/targets.js";
export type { Upstream, UpstreamInput } from "./entities/upstreams.js";
export type { Vault, VaultInput } from "./entities/vaults.js";
export type { Workspace, WorkspaceInput } from "./entities/workspaces.js";
export type { Acl, AclInput } from "./plugins/acl/entities.js";
export type { AcmeStorageEntry, AcmeStorageEntryInput } from "./plugins/acme/entities.js";
export type { BasicauthCredential, BasicauthCredentialInput } from "./plugins/basic-auth/entities.js";
export type { HmacauthCredential, HmacauthCredentialInput } from "./plugins/hmac-auth/entities.js";
export type { JwtSecret, JwtSecretInput } from "./plugins/jwt/entities.js";
export type { KeyauthCredential, KeyauthCredentialInput } from "./plugins/key-auth/entities.js";
export type {
  Oauth2AuthorizationCode,
  Oauth2AuthorizationCodeInput,
  Oauth2Credential,
  Oauth2CredentialInput,
  Oauth2Token,
  Oauth2TokenInput,
} from "./plugins/oauth2/entities.js";
export type { RatelimitingMetric, RatelimitingMetricInput } from "./plugins/rate-limiting/entities.js";
export type { Session, SessionInput, SessionMetadata, SessionMetadataInput } from "./plugins/session/entities.js";

// Vaults

export { VaultError, type VaultReference } from "./vaults/reference.js";
export { type AnyVault, defineVault, type Vault as VaultDefinition, type VaultAnswer, vaultTimes } from "./vaults/vault.js";

// Store

export type { Dao, EntityStore, Page, PageOptions, ReadOptions, WriteOptions } from "./store/dao.js";
export { MigrationRefusedError, MigrationsNeededError } from "./store/migrations/errors.js";
export type { MigrationOptions, MigrationState, Migrations } from "./store/migrations/migrations.js";
export type { StoreChange } from "./store/store-events.js";
export type { PostgresOptions } from "./store/strategies/postgres/settings.js";

// Errors

export * from "./errors/dao-errors.js";
export {
  ConfigTooLargeError,
  GatewayClosedError,
  GatewayError,
  MissingPackageError,
  OptionsError,
  PluginLoadError,
} from "./errors/gateway-error.js";

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
