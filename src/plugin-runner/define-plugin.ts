import { kindOfValue } from "../errors/check-argument.js";
import { PluginLoadError } from "../errors/gateway-error.js";
import type { Pdk, PluginEntities } from "../pdk/pdk.js";
import type { EntityCheck, Fields, Shorthands } from "../schema/field.js";
import type { ConfigSchema, InferConfig } from "../schema/other-schemas.js";
import { isObject } from "../schema/values.js";
import type { MaybePromise } from "../util/maybe-promise.js";
import type { AdminEndpoints } from "./admin-endpoints.js";
import type { PluginNode } from "./plugin-node.js";

/** Protocols that a plugin may be limited to. */
export type PluginProtocol = "grpc" | "grpcs" | "http" | "https" | "tcp" | "tls" | "tls_passthrough" | "udp";

/** What a plugin instance may be attached to, beside being global. */
export type PluginScope = "service" | "route" | "consumer";

/** One piece of a response body on its way to the client. */
export interface BodyChunk {
  readonly data: Buffer;
  /** Nothing follows; `data` may be empty. */
  readonly last: boolean;
}

/** What a body filter returns: a piece to send in place of the one it got, or nothing. */
type Filtered<Nothing> = Uint8Array | string | Nothing;

/** The parts of a plugin that the gateway calls. All optional; `config` is complete and checked. */
export interface PluginPhases<Config, E extends PluginEntities, X extends object = Record<string, unknown>> {
  /** Once per gateway, before any request. */
  initWorker?(node: PluginNode): MaybePromise<void>;
  /** After each change of configuration, with the configurations of all enabled instances; `undefined` when there are none. */
  configure?(configs: readonly Config[] | undefined, node: PluginNode): MaybePromise<void>;
  /** During the TLS handshake of a client that names a server (`gateway.sniCallback`), for global instances. Throw to end it. */
  certificate?(config: Config, serverName: string | undefined): MaybePromise<void>;
  /** Before routing, for global instances. */
  rewrite?(pdk: Pdk<E, X>, config: Config): MaybePromise<void>;
  /** After routing, before the upstream is contacted. End the request with `return pdk.response.exit(…)`. */
  access?(pdk: Pdk<E, X>, config: Config): MaybePromise<void>;
  /** With the upstream's whole answer in memory; makes the request buffered. Excludes `headerFilter` and `bodyFilter`. */
  response?(pdk: Pdk<E, X>, config: Config): MaybePromise<void>;
  /** When the head of the answer is about to be sent. */
  headerFilter?(pdk: Pdk<E, X>, config: Config): void;
  /** For each piece of the answer's body. What it returns is sent in place of the piece; nothing returned leaves it as it is. */
  bodyFilter?(pdk: Pdk<E, X>, config: Config, chunk: BodyChunk): Filtered<void>;
  /** Whether `bodyFilter` has anything to do for a configuration: where it has not, bodies keep their length. Default: always. */
  filtersBody?(config: Config): boolean;
  /** When the answer is sent or the client has gone. Never delays the answer. */
  log?(pdk: Pdk<E, X>, config: Config): MaybePromise<void>;
}

/** A plugin, as {@link definePlugin} takes it. */
export interface PluginOptions<
  Name extends string,
  C extends ConfigSchema,
  E extends PluginEntities,
  X extends object = Record<string, unknown>,
> extends PluginPhases<InferConfig<C>, E, X> {
  /** Lower case with dashes: the `name` of plugin entities. */
  readonly name: Name;
  /** `x.y.z`. */
  readonly version: string;
  /** Plugins with a higher priority run first, in every phase. The order of Kong's own is part of what clients depend on. */
  readonly priority: number;
  /** The protocols of instances that name none. Default: `grpc`, `grpcs`, `http`, `https`. */
  readonly protocols?: readonly PluginProtocol[];
  /** `bodyFilter` only looks, and never returns or puts anything in place of a piece: bodies keep their `Content-Length`. */
  readonly keepsBody?: true;
  /** What instances may name. Default: the same as `protocols`. */
  readonly allowedProtocols?: readonly PluginProtocol[];
  /** Default: all three. */
  readonly scopes?: readonly PluginScope[];
  /**
   * The configuration, field by field; or a JSON Schema of an object (TypeBox included), or a Standard Schema (zod, valibot …) that
   * answers at once. Old names, checks, vault references and Kong's error texts need fields.
   */
  readonly config: C;
  /** Fields of the configuration that are others where there is no database to write to. Only with `config` given as fields. */
  readonly withoutDatabase?: Fields;
  /** Rules over several configuration fields; names are relative to the configuration. */
  readonly checks?: readonly EntityCheck[];
  /** Old or convenient names of configuration fields. */
  readonly shorthands?: Shorthands;
  /** Makes what the plugin keeps of each request: `pdk.ctx.plugin`, with this type. Called when it is first asked for. */
  readonly context?: () => X;
  /** The plugin's own entities: they get a typed DAO, declarative nesting and Admin API endpoints. */
  readonly entities?: E;
  /** Endpoints on the Admin API beyond those of the entities. */
  readonly adminEndpoints?: AdminEndpoints;
}

/** A plugin whose types are known. */
export interface Plugin<
  Name extends string = string,
  C extends ConfigSchema = Fields,
  E extends PluginEntities = PluginEntities,
  X extends object = Record<string, unknown>,
> extends PluginOptions<Name, C, E, X> {
  readonly protocols: readonly PluginProtocol[];
  readonly scopes: readonly PluginScope[];
}

/** Any plugin, whatever its configuration. The phases take what the plugin's own schema has let through. */
export type AnyPlugin = Omit<Plugin<string, ConfigSchema>, keyof PluginPhases<never, never> | "context"> &
  PluginPhases<never, never, never> & { readonly context?: unknown };

const HTTP_PROTOCOLS: readonly PluginProtocol[] = ["grpc", "grpcs", "http", "https"];

/**
 * Defines a plugin: its schema once, from which come validation, types, documentation and Admin API, and its phases.
 *
 * @param options - name, version, priority, configuration and phases
 * @returns the plugin, for `createGateway({ plugins: [...] })` or `gateway.plugins.register`
 * @throws PluginLoadError for what is no object; at registration, with Kong's texts, when priority, version or phases do not fit
 * @example
 * ```ts
 * const hello = definePlugin({
 *   name: "hello",
 *   version: "1.0.0",
 *   priority: 500,
 *   config: { greeting: str({ required: true, default: "hi" }) },
 *   access(pdk, config) {
 *     return pdk.response.exit(200, { message: config.greeting }); // config.greeting is a string
 *   },
 * });
 * ```
 */
export function definePlugin<
  const Name extends string,
  const C extends ConfigSchema,
  const E extends PluginEntities = Record<never, never>,
  X extends object = Record<string, unknown>,
>(options: PluginOptions<Name, C, E, X>): Plugin<Name, C, E, X> {
  if (!isObject(options)) {
    throw new PluginLoadError(
      "?",
      `definePlugin takes an object with a name, a version and a priority, not ${kindOfValue(options)}`,
    );
  }
  return Object.freeze({ protocols: HTTP_PROTOCOLS, scopes: ["service", "route", "consumer"] as const, ...options });
}
