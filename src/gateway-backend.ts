import type { LoadedDocument } from "./declarative/load.js";
import { MemoryBackend } from "./gateway-backend-memory.js";
import { OffBackend } from "./gateway-backend-off.js";
import { PostgresBackend } from "./gateway-backend-postgres.js";
import type { GatewayOptions } from "./options.js";
import type { Logger } from "./pdk/node-context.js";
import type { EntityReader } from "./pdk/request-context.js";
import type { EntityDefinitions } from "./store/dao.js";
import type { StoreEvents } from "./store/store-events.js";
import type { Strategy } from "./store/strategy.js";
import type { EntityState } from "./store/tables/entity-state.js";
import type { MaybePromise } from "./util/maybe-promise.js";

/** What a backend is made from. */
export interface BackendContext {
  readonly options: GatewayOptions;
  readonly definitions: EntityDefinitions;
  /** The first configuration; empty when the host gives none. */
  readonly document: LoadedDocument;
  /** Told of every change by the DAOs. A backend that hears of changes in other ways (from other nodes) tells them here. */
  readonly events: StoreEvents;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One kind of database, as the gateway sees it: where records are kept, and what requests read. */
export interface Backend {
  readonly strategy: Strategy;
  /**
   * The records that requests read and snapshots are compiled from; they answer at once. It follows every change before the change is
   * told to {@link BackendContext.events}' later listeners, and is another object after {@link load}.
   */
  readonly entities: EntityState;
  /** How requests read records: {@link entities}, and what is not in memory. Default: the former alone. */
  readonly reads?: { over(entities: EntityState): EntityReader & { all(entity: string): Iterable<unknown> } };
  /** It serves from the start; otherwise requests wait for {@link open}. */
  readonly isOpen: boolean;
  /** Asks the database whether it is there, with the shortest of questions. Without a database server: always. Never rejects. */
  isReachable(): Promise<boolean>;
  /** Opens the storage. Calling it again after it has failed tries again. */
  open(): Promise<void>;
  /** The entities have changed: a plugin has been registered. */
  define(definitions: EntityDefinitions): void;
  /**
   * Makes a document the whole content, or changes nothing.
   *
   * @param prepare - called with the new records before anything is stored: what it throws ends the load. What it returns is called when
   *   they are in force, before anybody else reads them
   */
  load(document: LoadedDocument, prepare: (entities: EntityState) => MaybePromise<() => void>): MaybePromise<void>;
  close(): Promise<void>;
}

/** The backend that the option `database` asks for. */
export function openBackend(context: BackendContext): Backend {
  const { database } = context.options;
  if (database === "postgres") return new PostgresBackend(context);
  return database === "memory" ? new MemoryBackend(context) : new OffBackend(context);
}
