import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { Consumer } from "../entities/consumers.js";
import { plainAddress } from "../util/ip.js";
import { chain, type MaybePromise } from "../util/maybe-promise.js";
import { isUuid } from "../util/uuid.js";
import { AL, checkPhase, phases } from "./phase.js";
import { connectionScheme, forwardedClient } from "./request.js";
import type { Credential, RequestContext } from "./request-context.js";

const ACCESS = phases("access");
const TLS = phases("rewrite", "access", "response", "balancer", "log");

/** Knows who is calling. */
export class PdkClient {
  readonly #context: RequestContext;
  #tls: PdkClientTls | null = null;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** The client's certificate. */
  get tls(): PdkClientTls {
    this.#tls ??= new PdkClientTls(this.#context);
    return this.#tls;
  }

  /** Address of the connected peer. */
  getIp(): string {
    return plainAddress(this.#context.socket.remoteAddress);
  }

  /** Address of the client, as a trusted peer names it in `real_ip_header`; otherwise {@link getIp}. */
  getForwardedIp(): string {
    return forwardedClient(this.#context).address;
  }

  /** Port of the connected peer. */
  getPort(): number {
    return this.#context.socket.remotePort ?? 0;
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
    // Plugins in JavaScript hand on what `loadConsumer` did not find.
    const found = consumer ?? null;
    const known = credential ?? null;
    if (found === null && known === null) throw new Error("either credential or consumer must be provided");
    if (typeof found !== "object") throw new Error(`consumer must be an object: got ${typeof found}`);
    if (typeof known !== "object") throw new Error(`credential must be an object: got ${typeof known}`);
    this.#context.consumer = found;
    this.#context.credential = known;
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

/** The certificate that a client has shown. Asking for one is up to the host's server (`requestCert`). */
export class PdkClientTls {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** The certificate and those that signed it, as PEM texts one after the other; `undefined` when the client has shown none. */
  getFullClientCertificateChain(): string | undefined {
    checkPhase(this.#context.phase, TLS);
    const socket = this.#context.socket as Partial<TLSSocket>;
    let certificate: Partial<DetailedPeerCertificate> | null | undefined = socket.getPeerCertificate?.(true);
    let chain = "";
    const seen = new Set<string>();
    while (certificate?.raw !== undefined && !seen.has(certificate.fingerprint256 as string)) {
      seen.add(certificate.fingerprint256 as string);
      const lines = certificate.raw.toString("base64").match(/.{1,64}/g) ?? [];
      chain += `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
      certificate = certificate.issuerCertificate;
    }
    return chain === "" ? undefined : chain;
  }

  /**
   * What the log says of the client's certificate, in place of what the server found.
   *
   * @param result - `SUCCESS`, `NONE`, or `FAILED:` and why
   * @throws Error with Kong's text for anything else
   */
  setClientVerify(result: string): void {
    checkPhase(this.#context.phase, TLS);
    if (result !== "SUCCESS" && result !== "NONE" && !/^FAILED:./.test(result)) {
      throw new Error(`unknown client verify value: ${result} accepted values are: "SUCCESS", "NONE" or "FAILED:<reason>"`);
    }
    this.#context.clientVerify = result;
  }
}
