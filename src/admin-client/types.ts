import type { coreEntities } from "../entities/core.js";
import type { pluginEntities } from "../plugins/entities.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { ForeignKey } from "../schema/field.js";
import type { EntityDefinitions, Input, PartialInput } from "../store/dao.js";
import type { Row } from "../store/field-names.js";

type Intersect<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

/** The entities that every gateway knows, by name. */
export type KnownEntities = typeof coreEntities & Intersect<(typeof pluginEntities)[keyof typeof pluginEntities]>;

/** Those of the known entities that the Admin API does not have, or not as it has the others. */
type Unserved =
  | "workspaces"
  | "parameters"
  | "tags"
  | "oauth2_authorization_codes"
  | "ratelimiting_metrics"
  | "session_metadatas";

/** Their key is unique below their parent only, so they are found there and nowhere else. */
type BelowOnly = "targets";

/** How to list. */
export interface ListOptions {
  /** Records on a page, 1 to 1000. Default 100. */
  readonly size?: number;
  /** Where the page begins: `offset` of the page before. */
  readonly offset?: string;
}

/** How to list what may have tags. */
export interface TaggedListOptions extends ListOptions {
  /** Only records with these tags, at most five: `a,b` for all of them, `a/b` for any. */
  readonly tags?: string;
}

/** One page of a list. */
export interface ClientPage<T> {
  readonly data: T[];
  /** Path of the next page; `null` on the last. */
  readonly next: string | null;
  /** Hand it to the next call. Absent on the last page. */
  readonly offset?: string;
}

/** An id, a key (a name, for one), or anything that has the id: the record itself, or a reference to it. */
export type Key<E extends EntityDefinition> = string | ForeignKey<E["name"]>;

/** Seconds to live, where records of the entity may expire. */
interface Expiring {
  readonly ttl?: number;
}

/** What can be read of the records of an entity, or of those below one parent. */
export interface EntityReader<E extends EntityDefinition, Options = ListOptions> {
  /** One page. */
  list(options?: Options): Promise<ClientPage<Row<E>>>;
  /** All records, fetched page by page. */
  each(options?: Omit<Options, "offset">): AsyncIterable<Row<E>>;
  /** @returns the record, or `undefined` when there is none */
  get(key: Key<E>): Promise<Row<E> | undefined>;
}

/** The changes that every entity takes. */
interface EntityChanges<E extends EntityDefinition> {
  /** Changes what is given. Records inside the record are merged; lists and maps are replaced. */
  update(key: Key<E>, changes: PartialInput<E> & Expiring): Promise<Row<E>>;
  /** Deleting what is not there is fine. */
  delete(key: Key<E>): Promise<void>;
}

/** `client.services`: the records of one entity. */
export interface EntityClient<E extends EntityDefinition, Options, Children> extends EntityReader<E, Options>, EntityChanges<E> {
  create(input: Input<E> & Expiring): Promise<Row<E>>;
  /** Creates the record, or replaces it as a whole. What the key gives, the input need not. */
  upsert(key: Key<E>, input: PartialInput<E> & Expiring): Promise<Row<E>>;
  /** What belongs to one record: `client.consumers.of("alice").keyauth_credentials`. */
  of(key: Key<E>): Children;
}

/** `client.services.of("orders").routes`: the records that refer to one parent, which new ones do by themselves. */
export interface ChildClient<E extends EntityDefinition> extends EntityReader<E>, EntityChanges<E> {
  create(input: PartialInput<E> & Expiring): Promise<Row<E>>;
  /** Creates the record, or replaces it as a whole, and makes it this parent's. */
  upsert(key: Key<E>, input: PartialInput<E> & Expiring): Promise<Row<E>>;
}

type Foreign<E extends EntityDefinition, P extends string> = {
  [K in keyof E["fields"] & string]: RefersTo<Exclude<NonNullable<E["fields"][K]>["~out"], null | undefined>, P> extends true
    ? K
    : never;
}[keyof E["fields"] & string];

type RefersTo<T, P extends string> = [T] extends [never]
  ? false
  : "~entity" extends keyof T
    ? NonNullable<T["~entity"]> extends P
      ? true
      : false
    : false;

type ServedNames<Defs extends EntityDefinitions> = Exclude<keyof Defs & string, Unserved>;

/** The children of an entity, by name. Below a parent, targets are never made by `upsert`. */
type Children<Defs extends EntityDefinitions, P extends string> = {
  readonly [C in ServedNames<Defs> as [Foreign<Defs[C], P>] extends [never] ? never : C]: C extends BelowOnly
    ? Omit<ChildClient<Defs[C]>, "upsert">
    : ChildClient<Defs[C]>;
};

type OptionsOf<Name, E extends EntityDefinition> = ("tags" extends keyof E["fields"] ? TaggedListOptions : ListOptions) &
  (Name extends "consumers" ? { readonly custom_id?: string } : unknown);

/** What `client.upstreams` has beyond other entities. */
export interface UpstreamClient {
  /** The targets of an upstream, with their health in the gateway that is asked. */
  health(upstream: string | ForeignKey<"upstreams">, options?: ListOptions): Promise<ClientPage<TargetHealthReport>>;
  /** Marks a target for the balancer of the gateway that is asked. @param target - `host:port`, or its id */
  setTargetHealth(
    upstream: string | ForeignKey<"upstreams">,
    target: string | ForeignKey<"targets">,
    healthy: boolean,
  ): Promise<void>;
}

/** A target with its health. */
export type TargetHealthReport = Row<KnownEntities["targets"]> & {
  /** Absent where no balancer runs. */
  readonly health?: "HEALTHY" | "UNHEALTHY" | "HEALTHCHECKS_OFF";
};

/** The clients of all entities, by name. */
export type EntityClients<Defs extends EntityDefinitions> = {
  readonly [Name in Exclude<ServedNames<Defs>, BelowOnly>]: EntityClient<
    Defs[Name],
    OptionsOf<Name, Defs[Name]>,
    Children<Defs, Name>
  > &
    (Name extends "upstreams" ? UpstreamClient : unknown);
};

/** A list of definitions, by name. */
export type ByName<E extends readonly EntityDefinition[]> = number extends E["length"]
  ? unknown
  : { readonly [D in E[number] as D["name"]]: D };
