import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { type AdminHandler, createAdminHandler } from "./admin/handler.js";
import type { PeerStatus } from "./balancer/balancer.js";
import { adminInfo } from "./gateway-admin.js";
import type { ConfigInput } from "./gateway-config.js";
import { GatewayEmitter, type GatewayEvents, type LoadResult } from "./gateway-events.js";
import { type Migrations, postgresMigrations } from "./gateway-postgres.js";
import { GatewayServers, type ListenOptions, type ListenResult } from "./gateway-servers.js";
import { GatewayState } from "./gateway-state.js";
import type { GatewayStore } from "./gateway-store.js";
import { checkOptions, type DeclarativeDocument, type GatewayOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { runCertificate } from "./plugin-runner/run.js";
import type { Next } from "./runtime/exchange-types.js";
import { type ExplainedRoute, type ExplainRequest, explainRoute } from "./runtime/explain-route.js";
import type { EntityDefinition } from "./schema/entity.js";
import { isPromise } from "./util/maybe-promise.js";

/** Milliseconds that {@link Gateway.close} waits for requests in hand, unless told otherwise. */
const DEFAULT_GRACE = 10_000;

export type { ConfigInput } from "./gateway-config.js";

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
export class Gateway<P extends readonly unknown[] = readonly [], E extends readonly EntityDefinition[] = readonly []> {
  readonly plugins: GatewayPlugins;
  /** Says which route a request would take, and why. */
  readonly router: { explain(request: ExplainRequest): ExplainedRoute };

  readonly #options: GatewayOptions;
  readonly #events = new GatewayEmitter();
  readonly #servers = new GatewayServers();
  readonly #state: GatewayState;
  #admin: AdminHandler | null = null;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(options: GatewayOptions) {
    checkOptions(options);
    this.#options = options;
    this.#state = new GatewayState(options, this.#events);
    const { registry } = this.#state;
    this.plugins = {
      has: (name) => registry.has(name),
      get: (name) => registry.get(name),
      names: () => [...registry.all.keys()],
      register: (plugin) => {
        this.#state.register(plugin);
        this.#admin = null;
      },
    };
    this.router = { explain: (request) => explainRoute(this.#state.runtime.snapshot, request) };
  }

  /**
   * Handles a request: mount it as middleware (`app.use(gateway.handler)`) or hand it to `http.createServer`.
   *
   * With `next`, a request that matches no route goes on to the host; one that matches a route without a service does so after
   * the route's plugins have run. Without `next` these are answered with 404 and 503.
   */
  readonly handler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void => {
    const { isOpen, runtime } = this.#state;
    if (isOpen) runtime.handle(request, response, (next as Next | undefined) ?? null);
    else
      this.ready().then(
        () => this.handler(request, response, next),
        () => refuse(response),
      );
  };

  /** Handles a server's `upgrade` event: `server.on("upgrade", gateway.upgrade)`. WebSockets are proxied, with all plugins. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#upgrade(request, socket, head, null);
  };

  /**
   * Serves the `certificates` and `snis` of the configuration: `https.createServer({ SNICallback: gateway.sniCallback, … })`. For a
   * name without a certificate the server's own default is used.
   */
  readonly sniCallback = (serverName: string, callback: (error: Error | null, context?: SecureContext) => void): void => {
    if (!this.#state.isOpen) {
      this.ready().then(() => this.sniCallback(serverName, callback), callback);
      return;
    }
    try {
      const { globals, certificates } = this.#state.runtime.snapshot;
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
      this.#upgrade(request, socket, head, server.listenerCount("upgrade") > 1 ? leave : null);
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

  /**
   * Makes and changes the tables of this gateway's entities, those of its plugins included: `await gateway.migrations.bootstrap()`.
   *
   * @throws OptionsError when the database is not PostgreSQL
   */
  get migrations(): Migrations {
    return postgresMigrations(this.#options, () => this.#state.entities);
  }

  /**
   * Every entity's DAO, typed. Without a database it reads the configuration in force and refuses writes; with one, a write is in force
   * for the next request when its promise resolves.
   */
  get db(): GatewayStore<P, E> {
    return this.#state.store as unknown as GatewayStore<P, E>;
  }

  /** Hash, counts and warnings of the document that was loaded last. */
  get config(): LoadResult {
    return this.#state.loaded;
  }

  /**
   * Replaces the whole configuration, or nothing: requests in hand end on the old one, new ones use the new one. The input in
   * force already is recognised and changes nothing. Calls are carried out one after the other. With a database it replaces all that
   * is in it.
   *
   * @throws DeclarativeConfigError (rejects) with all faults of the document; the configuration stays as it was
   * @throws ConfigTooLargeError (rejects) when it takes more memory than `memCacheSize`; likewise
   * @throws GatewayClosedError (rejects) after `close`
   */
  loadConfig(input: ConfigInput): Promise<LoadResult> {
    return this.#state.load(input);
  }

  /**
   * Resolves when the gateway serves. Without a database, and with `memory`, it does from the start. Others are opened by the first
   * call, or by the first request, which waits for it. After a failure the next call tries again.
   *
   * @throws GatewayClosedError (rejects) after `close`
   */
  ready(): Promise<void> {
    return this.#state.ready();
  }

  /**
   * Marks a target of an upstream. An unhealthy one gets no requests until it is marked healthy again; marks survive `loadConfig`.
   *
   * @param upstream - the upstream's name
   * @param target - `host:port`
   * @returns `false` when there is no such target
   */
  setTargetHealth(upstream: string, target: string, healthy: boolean): boolean {
    const balancer = this.#state.runtime.snapshot.upstreams.get(upstream)?.balancer;
    const known = balancer?.status().some((status) => status.target === target) === true;
    if (!known) return false;
    this.#state.marks.mark(upstream, target, healthy);
    balancer?.refresh();
    return true;
  }

  /** The targets of an upstream with their health; `undefined` when there is no upstream of that name. */
  targetHealth(upstream: string): readonly PeerStatus[] | undefined {
    return this.#state.runtime.snapshot.upstreams.get(upstream)?.balancer.status();
  }

  /** Opens servers of the gateway's own, for use without a host application. They close with the gateway. */
  async listen(options: ListenOptions): Promise<ListenResult> {
    const result: { proxy?: ListenResult["proxy"]; admin?: ListenResult["admin"] } = {};
    if (options.proxy !== undefined) {
      result.proxy = await this.#servers.open(options.proxy, "0.0.0.0", this.handler, (server) =>
        server.on("upgrade", this.upgrade),
      );
    }
    if (options.admin !== undefined)
      result.admin = await this.#servers.open(options.admin, "127.0.0.1", this.admin, () => undefined);
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
   * Ends the gateway: its own servers stop accepting, requests in hand may end, connections to upstreams are closed. From then on
   * whatever matches a route is answered with 503, routes of the host's own included.
   *
   * @param options - `graceMs`: milliseconds that requests in hand get before they are cut; default 10,000
   */
  close({ graceMs = DEFAULT_GRACE }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#shutDown(graceMs);
    return this.#closing;
  }

  async #shutDown(graceMs: number): Promise<void> {
    const { runtime, settings } = this.#state;
    runtime.closing = true;
    this.#state.stop();
    this.#servers.stop();
    await runtime.drain(graceMs);
    await this.#servers.close();
    const { transport, upgrades } = settings;
    await Promise.all(transport === upgrades ? [transport.close()] : [transport.close(), upgrades.close()]);
    await this.#state.close();
    this.#events.emit("close");
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, next: Next | null): void {
    const start = (): void => this.#state.runtime.handleUpgrade(request, socket, head, next);
    if (this.#state.isOpen) start();
    else this.ready().then(start, () => socket.destroy());
  }

  #createAdmin(): AdminHandler {
    const state = this.#state;
    const { node, product, tokens } = state.settings;
    return createAdminHandler({
      store: state.store,
      definitions: () => state.entities,
      loadConfig: async (input) => {
        await this.loadConfig(input as ConfigInput);
        return { entities: state.document.entities };
      },
      info: () => adminInfo(node, this.#options, state.registry.all, [...state.runtime.snapshot.plugins.configs.keys()]),
      status: () => ({ configuration_hash: state.loaded.hash, server: { connections_active: state.runtime.running } }),
      setTargetHealth: (upstream, target, healthy) => this.setTargetHealth(upstream, target, healthy),
      logger: node.logger,
      product,
      database: this.#options.database ?? "off",
      headers: { server: tokens.server, latency: tokens.adminLatency },
    });
  }
}

/** An upgrade that somebody else will take. */
function leave(): void {}

/** The storage cannot be opened. */
function refuse(response: ServerResponse): void {
  response.writeHead(503, { "Content-Type": "application/json; charset=utf-8", Connection: "close" });
  response.end('{"message":"the gateway is not ready"}');
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
export function createGateway<
  const P extends readonly (AnyPlugin | string)[] = readonly [],
  const E extends readonly EntityDefinition[] = readonly [],
>(options: GatewayOptions<P, E> | DeclarativeDocument = {}): Gateway<P, E> {
  const given = "_format_version" in options ? { declarativeConfig: options as DeclarativeDocument } : options;
  return new Gateway<P, E>(given as GatewayOptions);
}
