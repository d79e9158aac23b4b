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
  #global: PluginInstance | undefined;
  // Nearly all instances are attached to one thing at most, whose id needs no key to be made of it.
  readonly #byRoute = new Map<string, PluginInstance>();
  readonly #byService = new Map<string, PluginInstance>();
  readonly #byConsumer = new Map<string, PluginInstance>();
  readonly #bySeveral = new Map<string, PluginInstance>();
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
    const route = entity.route?.id ?? NONE;
    const service = entity.service?.id ?? NONE;
    const consumer = entity.consumer?.id ?? NONE;
    const before = previous?.plugin === this.plugin ? previous.#get(route, service, consumer) : undefined;
    const instance = before?.entity === entity ? before : new Instance(this.plugin, entity);
    // Of two in the same place the one with the larger id counts, in whatever order they come.
    if ((this.#get(route, service, consumer)?.id ?? NONE) < instance.id) this.#set(route, service, consumer, instance);
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
    return this.#global;
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
      this.#global
    );
  }

  #get(routeId: string, serviceId: string, consumerId: string): PluginInstance | undefined {
    const several = this.#several(routeId, serviceId, consumerId);
    if (several !== undefined) return this.#bySeveral.get(several);
    if (routeId !== NONE) return this.#byRoute.get(routeId);
    if (serviceId !== NONE) return this.#byService.get(serviceId);
    return consumerId === NONE ? this.#global : this.#byConsumer.get(consumerId);
  }

  #set(routeId: string, serviceId: string, consumerId: string, instance: PluginInstance): void {
    const several = this.#several(routeId, serviceId, consumerId);
    if (several !== undefined) this.#bySeveral.set(several, instance);
    else if (routeId !== NONE) this.#byRoute.set(routeId, instance);
    else if (serviceId !== NONE) this.#byService.set(serviceId, instance);
    else if (consumerId !== NONE) this.#byConsumer.set(consumerId, instance);
    else this.#global = instance;
  }

  /** The key of what is attached to more than one thing. */
  #several(routeId: string, serviceId: string, consumerId: string): string | undefined {
    const count = Number(routeId !== NONE) + Number(serviceId !== NONE) + Number(consumerId !== NONE);
    return count > 1 ? `${routeId}:${serviceId}:${consumerId}` : undefined;
  }
}

/** An instance whose configuration is made when it is first needed: of many routes, few are asked for right after a load. */
class Instance implements PluginInstance {
  readonly plugin: AnyPlugin;
  readonly entity: PluginEntity;
  readonly name: string;
  readonly id: string;
  readonly instanceName: string | null;
  readonly makeContext: PluginInstance["makeContext"];
  #config: object | undefined;

  constructor(plugin: AnyPlugin, entity: PluginEntity) {
    this.plugin = plugin;
    this.entity = entity;
    this.name = plugin.name;
    this.id = entity.id;
    this.instanceName = entity.instance_name;
    this.makeContext = plugin.context as PluginInstance["makeContext"];
  }

  get config(): never {
    this.#config ??= configOf(this.plugin, this.entity);
    return this.#config as never;
  }
}

function configOf(plugin: AnyPlugin, { id, config, route, service, consumer, instance_name }: PluginEntity): object {
  const own: Record<string, unknown> = { ...parsedConfig(plugin.config, config), __plugin_id: id };
  if (route !== null) own.route_id = route.id;
  if (service !== null) own.service_id = service.id;
  if (consumer !== null) own.consumer_id = consumer.id;
  if (instance_name !== null) own.plugin_instance_name = instance_name;
  return own;
}

/** All enabled HTTP instances, by plugin, in execution order. */
export interface PluginIndex {
  readonly plugins: readonly PluginScopes[];
  /** Per plugin in use, the configurations of all instances: what `configure` gets. Empty for a plugin without that phase. */
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
    const instance = own.add(entity, before.get(entity.name));
    if (plugin.configure !== undefined) configs.get(entity.name)?.push(instance.config);
  }
  return { plugins: [...scopes.values()].sort((a, b) => byExecutionOrder(a.plugin, b.plugin)), configs };
}

/** Higher priority first; equal priorities by name, descending (plugin runtime, section 3). */
export function byExecutionOrder(a: AnyPlugin, b: AnyPlugin): number {
  return b.priority - a.priority || (a.name < b.name ? 1 : -1);
}
