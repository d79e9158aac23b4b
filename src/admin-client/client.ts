import { coreEntities } from "../entities/core.js";
import { checkObject } from "../errors/check-argument.js";
import { OptionsError } from "../errors/gateway-error.js";
import { pluginEntities } from "../plugins/entities.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { EntityDefinitions } from "../store/dao.js";
import type { Row } from "../store/field-names.js";
import { type ClientAnswer, type ClientBody, Connection, type ConnectionOptions, pathTo, queryOf } from "./connection.js";
import { eachOf, entityClients } from "./entity-client.js";
import type { ByName, ClientPage, EntityClients, EntityReader, KnownEntities, ListOptions } from "./types.js";

/** Options of {@link createAdminClient}. */
export interface AdminClientOptions<E extends readonly EntityDefinition[] = readonly EntityDefinition[]>
  extends ConnectionOptions {
  /** Entities of your own, and those of plugins that are not bundled. */
  readonly entities?: E;
}

/** `client.config`: the whole configuration of a gateway without a database. */
export interface ConfigClient {
  /** The configuration in force as a declarative document, in YAML. */
  get(): Promise<string>;
  /**
   * Replaces the whole configuration.
   *
   * @param document - a declarative document, or its YAML or JSON text
   * @param options - `checkHash`: nothing is done when the text is the one in force already
   * @returns `false` when it was in force already
   */
  load(document: string | object, options?: { readonly checkHash?: boolean }): Promise<boolean>;
}

/** `client.schemas`: schemas in Kong's form. `undefined` when there is no such thing. */
export interface SchemaClient {
  entity(name: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  plugin(name: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  vault(name: string): Promise<Readonly<Record<string, unknown>> | undefined>;
}

/** What `client.status()` tells. */
export interface NodeStatus {
  readonly memory: Readonly<Record<string, unknown>>;
  readonly server: Readonly<Record<string, number>>;
  /** Without a database. */
  readonly configuration_hash?: string;
  /** With one. */
  readonly database?: { readonly reachable: boolean };
}

/** What `client.node()` tells. */
export interface NodeInfo {
  /** The Kong version that clients may count on. */
  readonly version: string;
  readonly postern_version: string;
  readonly hostname: string;
  readonly node_id: string;
  readonly plugins: {
    readonly available_on_server: Readonly<Record<string, { readonly version: string; readonly priority: number }>>;
    readonly enabled_in_cluster: readonly string[];
  };
  readonly configuration: Readonly<Record<string, unknown>>;
}

type TaggedEntity = Row<KnownEntities["tags"]>;

/** What an admin client has beside the entities. */
export interface NodeClient<Names extends string = string> {
  readonly config: ConfigClient;
  readonly schemas: SchemaClient;
  /** Which records have which tags. */
  readonly tags: Pick<EntityReader<KnownEntities["tags"]>, "list" | "each"> & {
    /** The records that have one tag. */
    of(tag: string): {
      list(options?: ListOptions): Promise<ClientPage<TaggedEntity>>;
      each(options?: Omit<ListOptions, "offset">): AsyncIterable<TaggedEntity>;
    };
  };
  /** Version, plugins and settings. */
  node(): Promise<NodeInfo>;
  /** Memory, counters, and the state of the configuration or the database. */
  status(): Promise<NodeStatus>;
  /**
   * Checks a record without storing it. References have to be ids, and need not lead anywhere.
   *
   * @throws AdminClientError (rejects) with `fields` when it breaks a rule
   */
  validate(entity: Names, input: Readonly<Record<string, unknown>>): Promise<void>;
  /** The OpenAPI document of the API. */
  openapi(): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Asks for anything else: endpoints of plugins, for one.
   *
   * @param path - below the URL, encoded
   */
  request(method: string, path: string, body?: ClientBody): Promise<ClientAnswer>;
}

/**
 * A client of an Admin API: of Kong's as well, as far as Kong has what is asked for. All methods reject with {@link AdminClientError} when a
 * request is refused, and with what `fetch` throws when there is no answer.
 */
export type AdminClient<E extends readonly EntityDefinition[] = readonly []> = EntityClients<DefinitionsOf<E>> &
  NodeClient<keyof DefinitionsOf<E> & string>;

type DefinitionsOf<E extends readonly EntityDefinition[]> = KnownEntities & ByName<E> extends infer Defs extends EntityDefinitions
  ? Defs
  : KnownEntities;

/**
 * Creates a client of an Admin API.
 *
 * @throws OptionsError when an option has a value that it can not have
 * @example
 * ```ts
 * const client = createAdminClient({ url: "http://127.0.0.1:8001" });
 * const service = await client.services.create({ name: "orders", url: "http://orders.internal:8080" });
 * await client.services.of(service).routes.create({ name: "orders", paths: ["/orders"] });
 * ```
 */
export function createAdminClient<const E extends readonly EntityDefinition[] = readonly []>(
  options: AdminClientOptions<E>,
): AdminClient<E> {
  checkObject("options", "an object with a url", options);
  const { entities = [] as readonly EntityDefinition[], ...connecting } = options;
  const connection = new Connection(connecting);
  const node = nodeClient(connection);
  const known = [...Object.values(coreEntities), ...Object.values(pluginEntities).flatMap((group) => Object.values(group))];
  for (const { name } of entities) {
    if (Object.hasOwn(node, name)) throw new OptionsError("entities", `a client has '${name}' for something else`);
  }
  return { ...entityClients(connection, [...known, ...entities] as EntityDefinition[]), ...node } as unknown as AdminClient<E>;
}

function nodeClient(connection: Connection): NodeClient {
  const get = async (path: string): Promise<unknown> => (await connection.ask("GET", path)).body;
  const schema = (...path: readonly string[]) =>
    connection.find(`/schemas${pathTo(...path)}`) as Promise<Readonly<Record<string, unknown>> | undefined>;
  return {
    config: {
      get: async () => ((await get("/config")) as { readonly config: string }).config,
      load: async (document, { checkHash } = {}) => {
        const query = queryOf({ check_hash: checkHash === true ? 1 : undefined });
        return (await connection.ask("POST", `/config${query}`, document)).status !== 304;
      },
    },
    schemas: {
      entity: (name) => schema(name),
      plugin: (name) => schema("plugins", name),
      vault: (name) => schema("vaults", name),
    },
    tags: { ...tagList(connection, "/tags"), of: (tag) => tagList(connection, `/tags${pathTo(tag)}`) },
    node: async () => (await get("/")) as NodeInfo,
    status: async () => (await get("/status")) as NodeStatus,
    validate: async (entity, input) => {
      await connection.ask("POST", `/schemas${pathTo(entity, "validate")}`, input);
    },
    openapi: async () => (await get("/openapi.json")) as Readonly<Record<string, unknown>>,
    request: (method, path, body) => connection.ask(method, path, body),
  };
}

function tagList(connection: Connection, path: string) {
  const list = async (options: ListOptions = {}): Promise<ClientPage<TaggedEntity>> =>
    (await connection.ask("GET", `${path}${queryOf({ ...options })}`)).body as ClientPage<TaggedEntity>;
  return {
    list,
    each: (options: Omit<ListOptions, "offset"> = {}) => eachOf(list, { ...options }) as AsyncIterable<TaggedEntity>,
  };
}
