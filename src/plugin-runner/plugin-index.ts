import type { RunningPlugin } from "../pdk/request-context.js";
import { parsedConfig } from "../schema/other-schemas.js";
import { type Steps, stepSize } from "../util/steps.js";
import type { AnyPlugin } from "./define-plugin.js";

/** A stored plugin entity, as far as running it needs. */
export interface PluginEntity {
  readonly id: string;
  readonly name: string;
  readonly instance_name: string | null;
  readonly enabled: boolean;
  readonly protocols: readonly string[];
  readonly config: Record<string, unknown>;
  readonly route: { readonly id: string } | null;
  readonly service: { readonly id: string } | null;
  readonly consumer: { readonly id: string } | null;
}

/** One configured use of a plugin, ready to run. */
export interface PluginInstance extends RunningPlugin {
  readonly plugin: AnyPlugin;
  /** What the phases get: the entity's config, with the ids that Kong adds (`route_id`, `service_id`, `consumer_id`, …). */
  readonly config: never;
  /** What it was made from. */
  readonly entity: PluginEntity;
}

const HTTP = new Set(["http", "https", "grpc", "grpcs"]);
const NONE = "";

/** The instances of one plugin, by what they are attached to. */
export class PluginScopes {
  readonly plugin: AnyPlugin;
  readonly #byScope = new Map<string, PluginInstance>();
  readonly #consumers = new Set<string>();
  readonly #perRoute: boolean;
  readonly #perService: boolean;
  readonly #perConsumer: boolean;

  constructor(plugin: AnyPlugin) {
    this.plugin = plugin;
    this.#perRoute = plugin.scopes.includes("route");
    this.#perService = plugin.scopes.includes("service");
    this.#perConsumer = plugin.scopes.includes("consumer");
  }

  /** @param previous - an instance that is made from the same entity is used again, with all that is known by its configuration */
  add(entity: PluginEntity, previous?: PluginScopes): PluginInstance {
    const consumer = entity.consumer?.id ?? NONE;
    const scope = scopeKey(entity.route?.id ?? NONE, entity.service?.id ?? NONE, consumer);
    const before = previous?.plugin === this.plugin ? previous.#byScope.get(scope) : undefined;
    const instance = before?.entity === entity ? before : makeInstance(this.plugin, entity);
    // Of two in the same place the one with the larger id counts, in whatever order they come.
    if ((this.#byScope.get(scope)?.id ?? NONE) < instance.id) this.#byScope.set(scope, instance);
    if (consumer !== NONE && this.#perConsumer) this.#consumers.add(consumer);
    return instance;
  }

  /** Some instance is attached to a consumer, so that the choice may depend on who calls. */
  get dependsOnConsumer(): boolean {
    return this.#consumers.size > 0;
  }

  hasConsumer(id: string): boolean {
    return this.#consumers.has(id);
  }

  get global(): PluginInstance | undefined {
    return this.#byScope.get(scopeKey(NONE, NONE, NONE));
  }

  /** The most specific instance for this combination (plugin runtime, "precedence"); configurations are never merged. */
  find(routeId: string, serviceId: string, consumerId: string): PluginInstance | undefined {
    const r = this.#perRoute ? routeId : NONE;
    const s = this.#perService ? serviceId : NONE;
    const c = this.#perConsumer ? consumerId : NONE;
    return (
      (r && s && c && this.#get(r, s, c)) ||
      (r && c && this.#get(r, NONE, c)) ||
      (s && c && this.#get(NONE, s, c)) ||
      (r && s && this.#get(r, s, NONE)) ||
      (c && this.#get(NONE, NONE, c)) ||
      (r && this.#get(r, NONE, NONE)) ||
      (s && this.#get(NONE, s, NONE)) ||
      this.#get(NONE, NONE, NONE) ||
      undefined
    );
  }

  #get(routeId: string, serviceId: string, consumerId: string): PluginInstance | undefined {
    return this.#byScope.get(scopeKey(routeId, serviceId, consumerId));
  }
}

function scopeKey(routeId: string, serviceId: string, consumerId: string): string {
  return `${routeId}:${serviceId}:${consumerId}`;
}

function makeInstance(plugin: AnyPlugin, entity: PluginEntity): PluginInstance {
  const { route, service, consumer, instance_name: instanceName } = entity;
  const config: Record<string, unknown> = { ...parsedConfig(plugin.config, entity.config), __plugin_id: entity.id };
  if (route !== null) config.route_id = route.id;
  if (service !== null) config.service_id = service.id;
  if (consumer !== null) config.consumer_id = consumer.id;
  if (instanceName !== null) config.plugin_instance_name = instanceName;
  const makeContext = plugin.context as (() => object) | undefined;
  return { plugin, config: config as never, name: plugin.name, id: entity.id, instanceName, makeContext, entity };
}

/** All enabled HTTP instances, by plugin, in execution order. */
export interface PluginIndex {
  readonly plugins: readonly PluginScopes[];
  /** Per plugin name, the configurations of all instances: what `configure` gets. */
  readonly configs: ReadonlyMap<string, readonly never[]>;
}

/**
 * Sorts stored plugin entities into an index, step by step.
 *
 * @param plugins - all registered plugins
 * @param previous - the index before, of which unchanged instances are used again
 */
export function* indexPlugins(
  plugins: ReadonlyMap<string, AnyPlugin>,
  entities: Iterable<PluginEntity>,
  previous?: PluginIndex,
): Steps<PluginIndex> {
  const before = new Map(previous?.plugins.map((scopes) => [scopes.plugin.name, scopes]));
  const scopes = new Map<string, PluginScopes>();
  const configs = new Map<string, never[]>();
  let count = 0;
  for (const entity of entities) {
    if (count++ % stepSize === 0) yield;
    const plugin = plugins.get(entity.name);
    if (plugin === undefined || !entity.enabled || !entity.protocols.some((protocol) => HTTP.has(protocol))) continue;
    let own = scopes.get(entity.name);
    if (own === undefined) {
      own = new PluginScopes(plugin);
      scopes.set(entity.name, own);
      configs.set(entity.name, []);
    }
    configs.get(entity.name)?.push(own.add(entity, before.get(entity.name)).config);
  }
  return { plugins: [...scopes.values()].sort((a, b) => byExecutionOrder(a.plugin, b.plugin)), configs };
}

/** Higher priority first; equal priorities by name, descending (plugin runtime, section 3). */
export function byExecutionOrder(a: AnyPlugin, b: AnyPlugin): number {
  return b.priority - a.priority || (a.name < b.name ? 1 : -1);
}
