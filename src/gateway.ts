import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { type AdminHandler, createAdminHandler } from "./admin/handler.js";
import { HealthMarks } from "./balancer/health-marks.js";
import type { PeerStatus } from "./balancer/balancer.js";
import { documentHash } from "./declarative/hash.js";
import { type LoadedDocument, loadDeclarative } from "./declarative/load.js";
import { GatewayClosedError, OptionsError } from "./errors/gateway-error.js";
import { adminInfo } from "./gateway-admin.js";
import { GatewayEmitter, type GatewayEvents, type LoadResult } from "./gateway-events.js";
import { loadPlugins } from "./gateway-plugins.js";
import { GatewayServers, type ListenOptions, type ListenResult } from "./gateway-servers.js";
import { runtimeSettings } from "./gateway-settings.js";
import { entityDefinitions, type GatewayStore } from "./gateway-store.js";
import { checkOptions, type DeclarativeDocument, type GatewayOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { configurePlugins, initPlugins } from "./plugin-runner/lifecycle.js";
import { runCertificate } from "./plugin-runner/run.js";
import type { PluginRegistry } from "./plugin-runner/registry.js";
import { explainRoute, type ExplainedRoute, type ExplainRequest } from "./runtime/explain-route.js";
import type { Next } from "./runtime/exchange-types.js";
import { Runtime } from "./runtime/runtime.js";
import type { RuntimeSettings } from "./runtime/settings.js";
import { Snapshot } from "./runtime/snapshot.js";
import type { EntityDefinition } from "./schema/entity.js";
import type { EntityStore } from "./store/dao.js";
import { EntityState } from "./store/strategies/off/entity-state.js";
import { offStore } from "./store/strategies/off/off-store.js";
import { isPromise } from "./util/maybe-promise.js";
import { md5 } from "./util/md5.js";

/** Milliseconds that {@link Gateway.close} waits for requests in hand, unless told otherwise. */
const DEFAULT_GRACE = 10_000;

/** What {@link Gateway.loadConfig} takes: a document, its YAML or JSON text, or the path of a file. */
export type ConfigInput = DeclarativeDocument | string | { readonly path: string };

/** `gateway.plugins`: the plugins that a gateway knows. */
export interface GatewayPlugins {
  has(name: string): boolean;
  get(name: string): AnyPlugin | undefined;
  names(): readonly string[];
  /**
   * Makes a plugin known. Configurations that are loaded from then on may use it.
   *
   * @throws PluginLoadError when it is not a plugin
   */
  register(plugin: AnyPlugin): void;
}

/** A gateway inside a Node process. Made by {@link createGateway}. */
export class Gateway<P extends readonly unknown[] = readonly []> {
  readonly plugins: GatewayPlugins;
  /** Says which route a request would take, and why. */
  readonly router: { explain(request: ExplainRequest): ExplainedRoute };

  readonly #settings: RuntimeSettings;
  readonly #registry: PluginRegistry;
  readonly #options: GatewayOptions;
  readonly #events = new GatewayEmitter();
  readonly #marks = new HealthMarks();
  readonly #servers = new GatewayServers();
  readonly #runtime: Runtime;
  #definitions: Readonly<Record<string, EntityDefinition>>;
  #entityList: readonly EntityDefinition[];
  #store: GatewayStore<P>;
  #document: LoadedDocument;
  #state: EntityState;
  #loaded: LoadResult;
  /** Of the input as it was given; `null` when the same input would mean something else now. */
  #inputHash: string | null;
  #admin: AdminHandler | null = null;
  #loading: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(options: GatewayOptions) {
    checkOptions(options);
    this.#options = options;
    this.#registry = loadPlugins(options.plugins);
    this.#settings = runtimeSettings(options);
    this.#definitions = entityDefinitions(this.#registry.all);
    this.#entityList = Object.values(this.#definitions);
    const started = performance.now();
    const first = firstDocument(options);
    const document = this.#read(first.input, first.filename);
    this.#inputHash = inputHash(first.input);
    this.#document = document;
    this.#state = this.#stateOf(document);
    this.#loaded = resultOf(document, started);
    this.#runtime = new Runtime(this.#settings, this.#compile(this.#state));
    this.#store = this.#openStore();
    this.plugins = {
      has: (name) => this.#registry.has(name),
      get: (name) => this.#registry.get(name),
      names: () => [...this.#registry.all.keys()],
      register: (plugin) => this.#register(plugin),
    };
    this.router = { explain: (request) => explainRoute(this.#runtime.snapshot, request) };
    const { node } = this.#settings;
    initPlugins(this.#registry.all.values(), node, (error) => this.#failed(error));
    this.#configure();
  }

  /**
   * Handles a request: mount it as middleware (`app.use(gateway.handler)`) or hand it to `http.createServer`.
   *
   * With `next`, a request that matches no route goes on to the host; one that matches a route without a service does so after
   * the route's plugins have run. Without `next` these are answered with 404 and 503.
   */
  readonly handler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void => {
    if (this.#closing !== null && next === undefined) {
      response.writeHead(503, { "Content-Type": "application/json; charset=utf-8", Connection: "close" });
      response.end('{"message":"the gateway is closed"}');
      return;
    }
    this.#runtime.handle(request, response, (next as Next | undefined) ?? null);
  };

  /** Handles a server's `upgrade` event: `server.on("upgrade", gateway.upgrade)`. WebSockets are proxied, with all plugins. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#runtime.handleUpgrade(request, socket, head, null);
  };

  /**
   * Serves the `certificates` and `snis` of the configuration: `https.createServer({ SNICallback: gateway.sniCallback, … })`. For a
   * name without a certificate the server's own default is used.
   */
  readonly sniCallback = (serverName: string, callback: (error: Error | null, context?: SecureContext) => void): void => {
    try {
      const { globals, certificates } = this.#runtime.snapshot;
      const running = runCertificate(globals.certificate ?? [], serverName);
      if (isPromise(running)) running.then(() => callback(null, certificates.find(serverName))).then(undefined, callback);
      else callback(null, certificates.find(serverName));
    } catch (error) {
      callback(error as Error);
    }
  };

  /**
   * Serves a server: its requests, unless it has a handler already (an Express app, say), and its upgrades. Where somebody else
   * listens for upgrades too, those that match no route are left to them.
   */
  attach(server: Server): this {
    if (server.listenerCount("request") === 0) server.on("request", this.handler);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#runtime.handleUpgrade(request, socket, head, server.listenerCount("upgrade") > 1 ? leave : null);
    });
    return this;
  }

  /**
   * Handles Kong's Admin API. Mounted nowhere by itself: whoever reaches it reads the configuration, secrets included, and may
   * replace it. Put your own authentication in front of it (`app.use("/admin", onlyForAdmins, gateway.admin)`).
   */
  readonly admin = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void => {
    this.#admin ??= this.#createAdmin();
    this.#admin(request, response, next);
  };

  /** Every entity's DAO, typed. Without a database it reads the configuration in force and refuses writes. */
  get db(): GatewayStore<P> {
    return this.#store;
  }

  /** Hash, counts and warnings of the configuration in force. */
  get config(): LoadResult {
    return this.#loaded;
  }

  /**
   * Replaces the whole configuration, or nothing: requests in hand end on the old one, new ones use the new one. The input in
   * force already is recognised and changes nothing. Calls are carried out one after the other.
   *
   * @throws DeclarativeConfigError (rejects) with all faults of the document; the configuration stays as it was
   * @throws GatewayClosedError (rejects) after `close`
   */
  loadConfig(input: ConfigInput): Promise<LoadResult> {
    const load = this.#loading.then(() => this.#load(input));
    this.#loading = load.catch(() => undefined);
    return load;
  }

  /** Resolves when the gateway serves. Without a database it does from the start. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Marks a target of an upstream. An unhealthy one gets no requests until it is marked healthy again; marks survive `loadConfig`.
   *
   * @param upstream - the upstream's name
   * @param target - `host:port`
   * @returns `false` when there is no such target
   */
  setTargetHealth(upstream: string, target: string, healthy: boolean): boolean {
    const balancer = this.#runtime.snapshot.upstreams.get(upstream)?.balancer;
    const known = balancer?.status().some((status) => status.target === target) === true;
    if (!known) return false;
    this.#marks.mark(upstream, target, healthy);
    balancer?.refresh();
    return true;
  }

  /** The targets of an upstream with their health; `undefined` when there is no upstream of that name. */
  targetHealth(upstream: string): readonly PeerStatus[] | undefined {
    return this.#runtime.snapshot.upstreams.get(upstream)?.balancer.status();
  }

  /** Opens servers of the gateway's own, for use without a host application. They close with the gateway. */
  async listen(options: ListenOptions): Promise<ListenResult> {
    const result: { proxy?: ListenResult["proxy"]; admin?: ListenResult["admin"] } = {};
    if (options.proxy !== undefined) {
      result.proxy = await this.#servers.open(options.proxy, "0.0.0.0", this.handler, (server) => server.on("upgrade", this.upgrade));
    }
    if (options.admin !== undefined) result.admin = await this.#servers.open(options.admin, "127.0.0.1", this.admin, () => undefined);
    return result as ListenResult;
  }

  /** Listens to the gateway's events. Returns the gateway. */
  on<K extends keyof GatewayEvents>(event: K, listener: (...args: GatewayEvents[K]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  /** As {@link on}, for the next event only. */
  once<K extends keyof GatewayEvents>(event: K, listener: (...args: GatewayEvents[K]) => void): this {
    this.#events.once(event, listener);
    return this;
  }

  /** Stops listening. */
  off<K extends keyof GatewayEvents>(event: K, listener: (...args: GatewayEvents[K]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  /**
   * Ends the gateway: its own servers stop accepting, requests in hand may end, connections to upstreams are closed.
   *
   * @param options - `graceMs`: milliseconds that requests in hand get before they are cut; default 10,000
   */
  close({ graceMs = DEFAULT_GRACE }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#shutDown(graceMs);
    return this.#closing;
  }

  async #shutDown(graceMs: number): Promise<void> {
    this.#servers.stop();
    await this.#runtime.drain(graceMs);
    await this.#servers.close();
    const { transport, upgrades } = this.#settings;
    await Promise.all(transport === upgrades ? [transport.close()] : [transport.close(), upgrades.close()]);
    this.#events.emit("close");
  }

  #load(input: ConfigInput): LoadResult {
    if (this.#closing !== null) throw new GatewayClosedError();
    const started = performance.now();
    try {
      const { content, filename } = contentOf(input);
      const hash = inputHash(content);
      if (hash === this.#inputHash) return { ...this.#loaded, changed: false, durationMs: performance.now() - started };
      const document = this.#read(content, filename);
      const state = this.#stateOf(document);
      this.#runtime.swap(this.#compile(state, this.#runtime.snapshot));
      this.#document = document;
      this.#state = state;
      this.#inputHash = hash;
      this.#loaded = resultOf(document, started);
    } catch (error) {
      this.#events.emit("config:rejected", error as Error);
      throw error;
    }
    this.#configure();
    this.#events.emit("config:loaded", this.#loaded);
    return this.#loaded;
  }

  #read(input: string | object, filename?: string): LoadedDocument {
    return loadDeclarative(input, {
      entities: this.#entityList,
      now: this.#settings.node.now,
      ...(filename === undefined ? {} : { filename }),
    });
  }

  #stateOf(document: LoadedDocument): EntityState {
    return new EntityState(this.#entityList, document.state, { now: this.#settings.node.now });
  }

  #compile(entities: EntityState, previous?: Snapshot): Snapshot {
    return new Snapshot({
      entities,
      plugins: this.#registry.all,
      marks: this.#marks,
      flavor: this.#options.routerFlavor ?? "traditional_compatible",
      skipped: (id, reason) => this.#settings.node.logger.warn(`route ${id} is left out of the router: ${reason}`),
      ...(previous === undefined ? {} : { previous }),
    });
  }

  #openStore(): GatewayStore<P> {
    return offStore(this.#definitions, { state: () => this.#state, now: this.#settings.node.now }) as unknown as GatewayStore<P>;
  }

  #createAdmin(): AdminHandler {
    const { node, product, tokens } = this.#settings;
    return createAdminHandler({
      store: this.#store as unknown as EntityStore,
      definitions: () => this.#entityList,
      loadConfig: async (input) => {
        await this.loadConfig(input as ConfigInput);
        return { entities: this.#document.entities };
      },
      info: () => adminInfo(node, this.#options, this.#registry.all, [...this.#runtime.snapshot.plugins.configs.keys()]),
      status: () => ({ configuration_hash: this.#loaded.hash, server: { connections_active: this.#runtime.running } }),
      setTargetHealth: (upstream, target, healthy) => this.setTargetHealth(upstream, target, healthy),
      logger: node.logger,
      product,
      database: "off",
      headers: { server: tokens.server, latency: tokens.adminLatency },
    });
  }

  #register(plugin: AnyPlugin): void {
    this.#registry.add(plugin);
    this.#definitions = entityDefinitions(this.#registry.all);
    this.#entityList = Object.values(this.#definitions);
    this.#state = this.#stateOf(this.#document);
    this.#store = this.#openStore();
    this.#admin = null;
    this.#inputHash = null;
    initPlugins([plugin], this.#settings.node, (error) => this.#failed(error));
  }

  #configure(): void {
    const { plugins } = this.#runtime.snapshot;
    configurePlugins(this.#registry.all.values(), plugins.configs, this.#settings.node, (error) => this.#failed(error));
  }

  #failed(error: Error): void {
    this.#settings.node.logger.error(error.message, { stack: error.stack });
    this.#events.emit("error", error);
  }
}

/** An upgrade that somebody else will take. */
function leave(): void {}

function inputHash(input: string | object): string {
  return typeof input === "string" ? md5(input) : documentHash(input);
}

function resultOf({ hash, counts, warnings }: LoadedDocument, started: number): LoadResult {
  return { hash, changed: true, counts, warnings, durationMs: performance.now() - started };
}

function contentOf(input: ConfigInput): { content: string | object; filename?: string } {
  if (typeof input === "object" && input !== null && typeof input.path === "string" && !("_format_version" in input)) {
    return { content: readFileSync(input.path, "utf8"), filename: input.path };
  }
  return { content: input as string | object };
}

function firstDocument(options: GatewayOptions): { input: string | object; filename?: string } {
  const { declarativeConfig, declarativeConfigString } = options;
  if (typeof declarativeConfig === "object") return { input: declarativeConfig };
  if (typeof declarativeConfig === "string") {
    try {
      return { input: readFileSync(declarativeConfig, "utf8"), filename: declarativeConfig };
    } catch (error) {
      throw new OptionsError("declarativeConfig", `the file cannot be read: ${(error as Error).message}`, error);
    }
  }
  return { input: declarativeConfigString ?? { _format_version: "3.0" } };
}

/**
 * Creates a gateway. Without a database it serves when this returns.
 *
 * @param options - options, or a declarative document (an object with `_format_version`) in their place
 * @throws DeclarativeConfigError when the first configuration is refused
 * @throws OptionsError when an option is
 * @throws PluginLoadError when a plugin is
 * @example
 * ```ts
 * const gateway = createGateway({ declarativeConfig: "./gateway.yml" });
 * http.createServer(gateway.handler).on("upgrade", gateway.upgrade).listen(8000);
 * ```
 */
export function createGateway<const P extends readonly (AnyPlugin | string)[] = readonly []>(
  options: GatewayOptions<P> | DeclarativeDocument = {},
): Gateway<P> {
  const given = "_format_version" in options ? { declarativeConfig: options as DeclarativeDocument } : options;
  return new Gateway<P>(given as GatewayOptions);
}
