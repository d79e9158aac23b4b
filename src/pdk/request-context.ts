import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Consumer } from "../entities/consumers.js";
import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { MaybePromise } from "../util/maybe-promise.js";
import type { Arguments } from "../util/query.js";
import type { EarlyHeader, HeaderEdits } from "./header-edits.js";
import type { LoggedTry } from "./log/log-entry.js";
import type { SerializeValue } from "./log/serialize-values.js";
import type { NodeContext } from "./node-context.js";
import type { Phase } from "./phase.js";

/** Where plugins read entities: the configuration that the request began with. */
export interface EntityReader {
  select(entity: string, id: string): MaybePromise<StoredEntity | undefined>;
  selectBy(entity: string, field: string, value: string): MaybePromise<StoredEntity | undefined>;
  selectByCacheKey(entity: string, key: string): MaybePromise<StoredEntity | undefined>;
  eachFor(entity: string, field: string, id: string): MaybePromise<readonly StoredEntity[]>;
}

/** Any stored entity, when its kind is not known. */
export type StoredEntity = Readonly<Record<string, unknown>>;

/** What an authentication plugin found: any object with an id. */
export interface Credential {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** The plugin instance whose code is running. */
export interface RunningPlugin {
  readonly name: string;
  readonly id: string;
  readonly instanceName: string | null;
  /** Makes what the plugin keeps of a request. */
  readonly makeContext?: (() => object) | undefined;
}

/** An answer that a plugin or the gateway gives in place of the upstream. */
export interface ExitAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string | Buffer | null;
}

/** Where a plugin sends the request instead of the service's own host. */
export interface TargetOverride {
  readonly host: string;
  readonly port: number;
}

/** The most that a body may have, and the answer to the client of one that has more. */
export interface BodyLimit {
  readonly bytes: number;
  readonly status: number;
  readonly message: string;
}

/** TLS to the upstream, as far as a plugin has an opinion. */
export interface UpstreamTlsEdits {
  readonly verify?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * All that is known of one request. The runtime fills it; plugins reach it through the PDK only.
 *
 * Every field exists from birth, so that all requests share one shape (measured: a late field costs more than all others).
 */
export class RequestContext {
  readonly node: NodeContext;
  readonly incoming: IncomingMessage;
  /** The client's connection. Node takes it off a request whose body is read, and plugins ask for it until the end. */
  readonly socket: Socket;
  /** `null` for upgrades, which have a bare socket. */
  readonly outgoing: ServerResponse | null;
  readonly entities: EntityReader;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  /** The request target below the mount point, query included. */
  readonly target: string;

  phase: Phase = "rewrite";
  plugin: RunningPlugin | null = null;

  route: Route | null = null;
  service: Service | null = null;
  consumer: Consumer | null = null;
  credential: Credential | null = null;
  /** The normalised path. */
  path = "";
  /** With its `?`; what plugins change it to goes upstream. */
  query = "";
  forwardedPrefix: string | undefined = undefined;
  captures: { readonly unnamed: readonly (string | undefined)[]; readonly named: Readonly<Record<string, string>> } | null = null;

  requestEdits: HeaderEdits | null = null;
  method: string;
  scheme: "http" | "https" | null = null;
  upstreamPath: string | null = null;
  upstreamBody: Buffer | null = null;
  bodyLimit: BodyLimit | null = null;
  targetOverride: TargetOverride | null = null;
  upstreamName: string | null = null;
  retries: number | null = null;
  timeouts: { readonly connect: number; readonly write: number; readonly read: number } | null = null;
  /** What plugins changed about TLS to the upstream. */
  tlsEdits: UpstreamTlsEdits | null = null;
  /** Called before each retry. */
  retryCallback: (() => MaybePromise<void>) | null = null;
  buffered = false;
  requestBody: Promise<Buffer> | null = null;
  /** The body, once a plugin has read it. */
  requestBytes: Buffer | null = null;
  /** It was read from the client's stream, not restored from a host's parser. */
  bodyReadHere = false;
  parsedQuery: Arguments | null = null;

  early: EarlyHeader[] | null = null;
  exit: ExitAnswer | null = null;
  /** An unexpected error ended the request. */
  failed = false;
  /** A peer was chosen: the answer counts as the upstream's. */
  proxied = false;
  status = 0;
  /** The head to send, names and values in turn; `null` until it is there. */
  headers: string[] | null = null;
  headSent = false;
  serviceStatus = 0;
  /** The upstream's own head, kept when a plugin may ask for it. */
  serviceHeaders: readonly string[] | null = null;
  /** The upstream's whole body, of buffered requests. */
  serviceBody: Buffer | null = null;
  /** Chunks that body filters hold back, each its own, and what the running one makes of the current chunk. */
  bodyCollected: Map<RunningPlugin | null, Buffer[]> | null = null;
  bodyReplacement: Buffer | null = null;
  bodyChunk: { readonly data: Buffer; readonly last: boolean } | null = null;
  /** A body filter has put something in place of the whole body. */
  bodyEnded = false;

  shared: Record<string, unknown> | null = null;
  pluginData: Map<string, object> | null = null;
  serializeValues: SerializeValue[] | null = null;

  /** When the last peer was chosen and when the upstream's head came, in milliseconds since the epoch; 0 before. */
  balanced = 0;
  answered = 0;
  /** When an answer of our own went out; 0 for the upstream's. */
  headAt = 0;
  // The rest is only kept for requests that some plugin logs.
  /** When the upstream's whole answer was there; 0 before. */
  received = 0;
  tries: LoggedTry[] | null = null;
  /** Bytes that had gone over the client's connection before the answer; -1 when nobody looked. */
  bytesBefore = -1;
  /** What a plugin says of the client's certificate, for the log. */
  clientVerify: string | null = null;

  constructor(
    node: NodeContext,
    incoming: IncomingMessage,
    outgoing: ServerResponse | null,
    entities: EntityReader,
    requestId: string,
    startTime: number,
    target: string,
  ) {
    this.node = node;
    this.incoming = incoming;
    this.socket = incoming.socket;
    this.outgoing = outgoing;
    this.entities = entities;
    this.requestId = requestId;
    this.startTime = startTime;
    this.target = target;
    this.method = incoming.method ?? "GET";
  }

  /** Whether there is an upstream entity of that name. The runtime knows. */
  hasUpstream(_name: string): boolean {
    return false;
  }
}
