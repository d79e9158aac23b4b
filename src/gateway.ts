import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { isLoopback } from "./admin/access.js";
import type { AdminContext } from "./admin/context.js";
import { type AdminHandler, createAdminHandler, createStatusHandler } from "./admin/handler.js";
import type { OpenApiDocument } from "./admin/openapi/document.js";
import type { PeerStatus } from "./balancer/balancer.js";
import { type DocumentSchemaOptions, documentSchema } from "./declarative/editor-schema.js";
import type { ExportOptions } from "./declarative/export/export.js";
import { checkObject, wrongArgument } from "./errors/check-argument.js";
import { adminContext, adminDocument, adminSettings } from "./gateway-admin.js";
import type { ConfigInput } from "./gateway-config.js";
import { GatewayEmitter, type GatewayEvents, type LoadOptions, type LoadResult } from "./gateway-events.js";
import { watchPluginFiles } from "./gateway-plugin-files.js";
import { type Migrations, postgresMigrations } from "./gateway-postgres.js";
import { GatewayServers, type ListenOptions, type ListenResult } from "./gateway-servers.js";
import { GatewayState } from "./gateway-state.js";
import type { GatewayStore } from "./gateway-store.js";
import { watchConfig } from "./gateway-watch.js";
import { checkOptions, type DeclarativeDocument, type GatewayOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { runCertificate } from "./plugin-runner/run.js";
import type { Next } from "./runtime/exchange-types.js";
import { type ExplainedRoute, type ExplainRequest, explainRoute } from "./runtime/explain-route.js";
import type { EntityDefinition } from "./schema/entity.js";
import type { JsonSchema } from "./schema/json-schema.js";
import { isObject } from "./schema/values.js";
import { isPromise } from "./util/maybe-promise.js";
import { thrownStack, thrownText } from "./util/thrown.js";

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
  readonly #stopWatch: (() => void) | undefined;
  readonly #stopPluginWatch: () => void;
  readonly #adminContext: AdminContext;
  readonly #admin: AdminHandler;
  /** For servers of the gateway's own on a loopback address. */
  readonly #localAdmin: AdminHandler;
  readonly #status: AdminHandler;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(options: GatewayOptions) {
    checkOptions(options);
    this.#options = options;
    const admin = adminSettings(options.admin);
    this.#state = new GatewayState(options, this.#events, this.#servers);
    this.#adminContext = adminContext(
      {
        options,
        state: this.#state,
        servers: this.#servers,
        events: this.#events,
        exportConfig: () => this.exportConfig(),
        isClosing: () => this.#closing !== null,
        setTargetHealth: (upstream, target, healthy) => this.setTargetHealth(upstream, target, healthy),
        targetHealth: (upstream) => this.targetHealth(upstream),
      },
      admin,
    );
    this.#admin = createAdminHandler(this.#adminContext);
    this.#localAdmin = createAdminHandler(this.#adminContext, admin.localProtection);
    this.#status = createStatusHandler(this.#adminContext);
    const { registry } = this.#state;
    this.plugins = {
      has: (name) => registry.has(name),
      get: (name) => registry.get(name),
      names: () => [...registry.all.keys()],
      register: (plugin) => this.#state.register(plugin),
    };
    this.router = { explain: (request) => explainRoute(this.#state.runtime.snapshot, request) };
    this.#stopWatch = watchConfig(options, {
      hash: this.#state.loaded.hash,
      logger: this.#state.settings.node.logger,
      load: (input) => this.#state.load(input),
      rejected: (error) => this.#events.emit("config:rejected", error),
      isHeard: () => this.#events.isHeard("config:rejected"),
    });
    this.#stopPluginWatch = watchPluginFiles(options, {
      logger: this.#state.settings.node.logger,
      replace: (plugins) => this.#state.replacePlugins(plugins),
    });
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
    const failed = (error: unknown): void => {
      this.#state.settings.node.logger.error(thrownText(error), { stack: thrownStack(error) });
      callback(error as Error);
    };
    try {
      const { globals, certificates } = this.#state.runtime.snapshot;
      const running = runCertificate(globals.certificate ?? [], serverName);
      if (isPromise(running)) running.then(() => callback(null, certificates.find(serverName))).then(undefined, failed);
      else callback(null, certificates.find(serverName));
    } catch (error) {
      failed(error);
    }
  };

  /**
   * Serves a server: its requests, unless it has a handler already (an Express app, say), and its upgrades. Where somebody else
   * listens for upgrades too, those that match no route are left to them.
   */
  attach(server: Server): this {
    if (typeof (server as Partial<Server> | null)?.listenerCount !== "function")
      throw wrongArgument("server", "a server of Node's", server);
    if (server.listenerCount("request") === 0) server.on("request", this.handler);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head, server.listenerCount("upgrade") > 1 ? leave : null);
    });
    return this;
  }

  /**
   * Handles Kong's Admin API. Mounted nowhere by itself: whoever reaches it reads the configuration, secrets included, and may
   * replace it. Put your own authentication in front of it (`app.use("/admin", onlyForAdmins, gateway.admin)`), or let the option
   * `admin` ask for a token.
   */
  readonly admin = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void => {
    this.#whenOpen(() => this.#admin(request, response, next));
  };

  /**
   * Handles Kong's Status API: `/status`, `/status/ready` and, with a plugin that has them, `/metrics`. It changes no configuration and
   * shows no secrets; mounted nowhere by itself.
   */
  readonly status = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void => {
    this.#status(request, response, next);
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
   * The JSON Schema (draft 7) of this gateway's documents, plugins and entities of your own included: write it to a file, and editors
   * complete and check a `gateway.yml` with it.
   *
   * @throws OptionsError when there is no entity of the name asked for
   */
  configSchema(options?: DocumentSchemaOptions): JsonSchema {
    return documentSchema(this.#state.entities, options);
  }

  /**
   * The OpenAPI 3.1 document of this gateway's Admin API, plugins and entities of your own included, as `GET /openapi.json` shows it.
   *
   * @param server - where the API is: a URL, or the path that it is mounted at; default `/`
   */
  openapi(server = ""): OpenApiDocument {
    return adminDocument(this.#adminContext, server);
  }

  /**
   * Replaces the whole configuration, or nothing: requests in hand end on the old one, new ones use the new one. Big documents are read
   * and compiled beside the requests, so do not change an object before the promise has settled. Calls are carried out one after the
   * other, each of them. With a database it replaces all that is in it.
   *
   * @param options - `checkHash: false` loads even the input that is in force already, which otherwise changes nothing
   * @throws DeclarativeConfigError (rejects) with all faults of the document; the configuration stays as it was
   * @throws ConfigTooLargeError (rejects) when it takes more memory than `memCacheSize`; likewise
   * @throws OptionsError (rejects) when the file of `{ path }` cannot be read, or is a pipe, a device or a folder
   * @throws GatewayClosedError (rejects) after `close`, and when the gateway is closed meanwhile
   */
  loadConfig(input: ConfigInput, options?: LoadOptions): Promise<LoadResult> {
    return this.#state.load(input, options);
  }

  /**
   * The configuration in force as a declarative document, with whatever database. Loading it gives the same state.
   *
   * @param options - `format`: `"yaml"` (default), `"json"` or `"object"`; `ids`, `defaults` and `nested`: how much is written, and where
   * @throws OptionsError (rejects) for a format that there is not
   * @throws GatewayClosedError (rejects) after `close`
   * @example
   * ```ts
   * await writeFile("gateway.yml", await gateway.exportConfig({ ids: false, defaults: false, nested: true }));
   * ```
   */
  exportConfig(options: ExportOptions & { readonly format: "object" }): Promise<DeclarativeDocument>;
  exportConfig(options?: ExportOptions & { readonly format?: "yaml" | "json" }): Promise<string>;
  exportConfig(options: ExportOptions = {}): Promise<string | DeclarativeDocument> {
    return this.#state.export(options);
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
    checkObject("options", "an object such as { proxy: 8000 }", options);
    const { proxy, admin, status } = options;
    const result: { -readonly [Kind in keyof ListenResult]: ListenResult[Kind] } = {};
    if (proxy !== undefined) {
      result.proxy = await this.#servers.open("proxy", proxy, "0.0.0.0", this.handler, (server) =>
        server.on("upgrade", this.upgrade),
      );
    }
    if (admin !== undefined) {
      const { host = "127.0.0.1" } = typeof admin === "number" ? {} : admin;
      const local: RequestListener = (req, res) => this.#whenOpen(() => this.#localAdmin(req, res));
      result.admin = await this.#servers.open("admin", admin, host, isLoopback(host) ? local : this.admin, leave);
    }
    if (status !== undefined) result.status = await this.#servers.open("status", status, "127.0.0.1", this.status, leave);
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
   * Ends the gateway: its own servers stop accepting, requests in hand may end, what plugins have queued is sent, connections to
   * upstreams are closed. From then on whatever matches a route is answered with 503, routes of the host's own included.
   *
   * @param options - `graceMs`: milliseconds that requests in hand, and then queues, get before they are cut; default 10,000
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    if (!isObject(options)) return Promise.reject(wrongArgument("options", "an object such as { graceMs: 5000 }", options));
    this.#closing ??= this.#shutDown(options.graceMs ?? DEFAULT_GRACE);
    return this.#closing;
  }

  async #shutDown(graceMs: number): Promise<void> {
    const { runtime, settings } = this.#state;
    const deadline = performance.now() + graceMs;
    runtime.closing = true;
    this.#stopWatch?.();
    this.#stopPluginWatch();
    this.#state.stop();
    this.#servers.stop();
    await runtime.drain(graceMs);
    await this.#servers.close();
    await this.#state.closePlugins(deadline);
    const { transport, upgrades } = settings;
    await Promise.all(transport === upgrades ? [transport.close()] : [transport.close(), upgrades.close()]);
    await this.#state.close();
    this.#events.emit("close");
  }

  /** Where the storage cannot be opened, what needs it fails by itself, and the rest is still answered. */
  #whenOpen(answer: () => void): void {
    if (this.#state.isOpen) answer();
    else this.ready().then(answer, answer);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, next: Next | null): void {
    const start = (): void => this.#state.runtime.handleUpgrade(request, socket, head, next);
    if (this.#state.isOpen) start();
    else this.ready().then(start, () => socket.destroy());
  }
}

/** Nothing to do: an upgrade that somebody else will take, a server that is ready as it is. */
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
  checkObject("options", "an object: options, or a declarative document", options);
  const given = "_format_version" in options ? { declarativeConfig: options as DeclarativeDocument } : options;
  return new Gateway<P, E>(given as GatewayOptions);
}
