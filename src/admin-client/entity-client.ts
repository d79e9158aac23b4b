import { hasOwnKey } from "../admin/entity-handle.js";
import { nestedName, pathName } from "../admin/path-names.js";
import { type EntityDefinition, foreignFields } from "../schema/entity.js";
import { type Connection, pathTo, queryOf } from "./connection.js";

type Values = Readonly<Record<string, unknown>>;
type AnyKey = string | { readonly id: string };
type AnyOptions = Readonly<Record<string, string | number | undefined>>;

interface AnyPage {
  readonly data: unknown[];
  readonly next: string | null;
  readonly offset?: string;
}

/** The methods of a list and its records, wherever it is. Types are in `types.ts`. */
export function listMethods(connection: Connection, path: string) {
  const list = async (options: AnyOptions = {}): Promise<AnyPage> =>
    (await connection.ask("GET", `${path}${queryOf(options)}`)).body as AnyPage;
  const at = (key: AnyKey): string => `${path}${pathTo(keyText(key))}`;
  return {
    list,
    each: (options: AnyOptions = {}) => eachOf(list, options),
    get: (key: AnyKey) => connection.find(at(key)),
    create: async (input: Values) => (await connection.ask("POST", path, input)).body,
    upsert: async (key: AnyKey, input: Values) => (await connection.ask("PUT", at(key), input)).body,
    update: async (key: AnyKey, changes: Values) => (await connection.ask("PATCH", at(key), changes)).body,
    delete: async (key: AnyKey): Promise<void> => {
      await connection.ask("DELETE", at(key));
    },
  };
}

/** What is listed, page by page. */
export async function* eachOf(list: (options: AnyOptions) => Promise<AnyPage>, options: AnyOptions): AsyncIterable<unknown> {
  let offset: string | undefined;
  do {
    const page = await list({ ...options, offset });
    yield* page.data;
    offset = page.offset;
  } while (offset !== undefined);
}

/** A record stands for its id. */
export function keyText(key: AnyKey): string {
  return typeof key === "string" ? key : key.id;
}

/** The clients of all entities that the Admin API has, by name. */
export function entityClients(connection: Connection, definitions: readonly EntityDefinition[]): Record<string, object> {
  const served = definitions.filter(({ generateAdminApi }) => generateAdminApi);
  const clients: Record<string, object> = {};
  for (const definition of served) {
    if (!hasOwnKey(definition)) continue;
    const path = pathTo(pathName(definition));
    clients[definition.name] = {
      ...listMethods(connection, path),
      of: (key: AnyKey) => childClients(connection, `${path}${pathTo(keyText(key))}`, definition, served),
      ...(definition.name === "upstreams" ? upstreamMethods(connection, path) : {}),
    };
  }
  return clients;
}

function childClients(
  connection: Connection,
  path: string,
  { name }: EntityDefinition,
  served: readonly EntityDefinition[],
): Record<string, object> {
  const children = served.filter((child) => foreignFields(child).some(([, { reference }]) => reference === name));
  return Object.fromEntries(
    children.map((child) => {
      const { upsert, ...methods } = listMethods(connection, `${path}${pathTo(nestedName(child))}`);
      return [child.name, hasOwnKey(child) ? { ...methods, upsert } : methods];
    }),
  );
}

function upstreamMethods(connection: Connection, path: string) {
  return {
    health: async (upstream: AnyKey, options: AnyOptions = {}) =>
      (await connection.ask("GET", `${path}${pathTo(keyText(upstream), "health")}${queryOf(options)}`)).body,
    setTargetHealth: async (upstream: AnyKey, target: AnyKey, healthy: boolean): Promise<void> => {
      const mark = healthy ? "healthy" : "unhealthy";
      await connection.ask("PUT", `${path}${pathTo(keyText(upstream), "targets", keyText(target), mark)}`);
    },
  };
}
