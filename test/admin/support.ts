import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { AdminContext } from "../../src/admin/context.js";
import { createAdminHandler } from "../../src/admin/handler.js";
import { type LoadedDocument, loadDeclarative } from "../../src/declarative/load.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { offStore } from "../../src/store/strategies/off/off-store.js";
import { EntityState } from "../../src/store/tables/entity-state.js";

/** An Admin API on a port of its own, over a store without a database. */
export interface TestAdmin extends AsyncDisposable {
  readonly url: string;
  /** What was logged. */
  readonly logged: string[];
  /** Marks of health that were set: `upstream target healthy`. */
  readonly marks: string[];
  readonly context: AdminContext;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Status and JSON body. */
  ask(path: string, init?: RequestInit): Promise<{ status: number; body: unknown }>;
  /** As {@link TestAdmin.ask}, with a JSON body. */
  send(method: string, path: string, body: unknown): Promise<{ status: number; body: unknown }>;
}

const document = { _format_version: "3.0" };

/** @param overrides - parts of the context that a test replaces */
export async function startAdmin(config: object = document, overrides: Partial<AdminContext> = {}): Promise<TestAdmin> {
  const definitions = entityDefinitions(loadPlugins().all);
  const entities = Object.values(definitions);
  const read = (input: string | object): LoadedDocument => loadDeclarative(input, { entities });
  let loaded = read(config);
  let state = new EntityState(entities, loaded.state);
  const logged: string[] = [];
  const marks: string[] = [];
  const context: AdminContext = {
    store: offStore(definitions, { state: () => state }),
    definitions: () => entities,
    loadConfig: async (input) => {
      loaded = read(input);
      state = new EntityState(entities, loaded.state);
      return loaded;
    },
    info: () => ({
      id: "3c5bbd9a-3f5c-4b5a-9c62-0d3f2f7b7d3e",
      hostname: "here",
      version: "3.10.0",
      posternVersion: "1.2.3",
      availablePlugins: { "key-auth": { version: "3.10.0", priority: 1250 } },
      enabledPlugins: ["key-auth"],
      configuration: { database: "off" },
    }),
    status: () => ({ configuration_hash: loaded.hash, server: { total_requests: 7 } }),
    setTargetHealth: (upstream, target, healthy) => {
      marks.push(`${upstream} ${target} ${healthy}`);
      return true;
    },
    exportConfig: () => "",
    now: Date.now,
    isLoading: () => false,
    pluginEndpoints: () => [],
    readiness: () => ({ ready: true }),
    drain: () => undefined,
    isDatabaseReachable: async () => true,
    targetHealth: () => undefined,
    cache: { probe: () => undefined, invalidate: () => undefined, purge: () => undefined },
    logLevel: { level: "notice", change: () => undefined },
    logger: { error: (message) => logged.push(message) },
    product: "postern/1.2.3",
    database: "off",
    ...overrides,
  };
  const server = await serve(createAdminHandler(context));
  const ask = async (path: string, init?: RequestInit): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${server.url}${path}`, init);
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    url: server.url,
    logged,
    marks,
    context,
    fetch: (path, init) => fetch(`${server.url}${path}`, init),
    ask,
    send: (method, path, body) =>
      ask(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A server on a free port of 127.0.0.1. */
export async function serve(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly url: string; readonly port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
