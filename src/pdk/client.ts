import type { Consumer } from "../entities/consumers.js";
import { plainAddress } from "../util/ip.js";
import { chain, type MaybePromise } from "../util/maybe-promise.js";
import { isUuid } from "../util/uuid.js";
import { AL, checkPhase, phases } from "./phase.js";
import { connectionScheme, forwardedClient } from "./request.js";
import type { Credential, RequestContext } from "./request-context.js";

const ACCESS = phases("access");

/** Knows who is calling. */
export class PdkClient {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Address of the connected peer. */
  getIp(): string {
    return plainAddress(this.#context.incoming.socket.remoteAddress);
  }

  /** Address of the client, as a trusted peer names it in `real_ip_header`; otherwise {@link getIp}. */
  getForwardedIp(): string {
    return forwardedClient(this.#context).address;
  }

  /** Port of the connected peer. */
  getPort(): number {
    return this.#context.incoming.socket.remotePort ?? 0;
  }

  /** Port of the client, where a trusted peer names one. */
  getForwardedPort(): number {
    return forwardedClient(this.#context).port;
  }

  /** The credential by which the client was authenticated. */
  getCredential(): Credential | null {
    checkPhase(this.#context.phase, AL);
    return this.#context.credential;
  }

  /** The authenticated consumer. */
  getConsumer(): Consumer | null {
    checkPhase(this.#context.phase, AL);
    return this.#context.consumer;
  }

  /**
   * Finds a consumer by id or, when asked to, by user name.
   *
   * @throws Error with Kong's text when the id is not a UUID and the user name may not be tried
   */
  loadConsumer(id: string, searchByUsername = false): MaybePromise<Consumer | undefined> {
    checkPhase(this.#context.phase, AL);
    const { entities } = this.#context;
    if (!isUuid(id)) {
      if (!searchByUsername) throw new Error("cannot load a consumer with an id that is not a uuid");
      return entities.selectBy("consumers", "username", id) as MaybePromise<Consumer | undefined>;
    }
    return chain(entities.select("consumers", id) as MaybePromise<Consumer | undefined>, (found) =>
      found !== undefined || !searchByUsername
        ? found
        : (entities.selectBy("consumers", "username", id) as MaybePromise<Consumer | undefined>),
    );
  }

  /** Sets who is calling, for the plugins that follow and for the log. */
  authenticate(consumer: Consumer | null, credential: Credential | null): void {
    checkPhase(this.#context.phase, ACCESS);
    if (consumer === null && credential === null) throw new Error("either credential or consumer must be provided");
    this.#context.consumer = consumer;
    this.#context.credential = credential;
  }

  /**
   * The protocol by which the route was reached.
   *
   * @param allowTerminated - believe a trusted peer's `X-Forwarded-Proto`
   */
  getProtocol(allowTerminated = false): string | undefined {
    checkPhase(this.#context.phase, AL);
    const { route, incoming, node } = this.#context;
    if (route === null) return undefined;
    if (route.protocols.length === 1) return route.protocols[0];
    const forwarded = incoming.headers["x-forwarded-proto"];
    if (allowTerminated && typeof forwarded === "string" && node.settings.trusted.has(this.getIp()))
      return forwarded.toLowerCase();
    return connectionScheme(this.#context);
  }
}
