import type { IncomingMessage, ServerResponse } from "node:http";
import type { Peer } from "../balancer/balancer.js";
import { defaultErrorMessage } from "../pdk/error-body.js";
import { type LatePhases, latePhasesOf } from "../plugin-runner/plan.js";
import type { PluginError } from "../plugin-runner/plugin-error.js";
import { runAccess, runSerial } from "../plugin-runner/run.js";
import type { ExchangeHandler, TransportError } from "../proxy/transport.js";
import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import { AnsweringExchange } from "./answering.js";
import type { Destination } from "./destination.js";
import type { ExchangeOwner, Next, UpgradeSocket } from "./exchange-types.js";
import { failureStatus, mayRetry } from "./failure.js";
import { findRoute } from "./find-route.js";
import { forward } from "./forward.js";
import { handToHost } from "./host-response.js";
import { noteFailedTry } from "./log-notes.js";
import { type CleanedHead, cleanResponseHeaders } from "./response-headers.js";
import { retry } from "./retry.js";
import type { Snapshot } from "./snapshot.js";
import type { UpstreamBody } from "./upstream-body.js";

/** One request's life, from the handler's call to the last byte. */
export class GatewayExchange extends AnsweringExchange implements ExchangeHandler {
  /** Set for upgrades. */
  readonly tunnel: UpgradeSocket | null;
  destination: Destination | null = null;
  peer: Peer | null = null;
  failedPeers: Peer[] | null = null;
  attempts = 0;
  sending: UpstreamBody | null = null;
  connected = false;
  held: Buffer[] | null = null;
  heldHead: CleanedHead | null = null;

  constructor(
    owner: ExchangeOwner,
    snapshot: Snapshot,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    target: string,
    next: Next | null,
    tunnel: UpgradeSocket | null,
  ) {
    super(owner, snapshot, incoming, outgoing, target, next);
    this.tunnel = tunnel;
  }

  /** Runs the request. Never throws. */
  start(): void {
    const { rewrite } = this.snapshot.globals;
    if (rewrite === null) {
      try {
        findRoute(this);
      } catch (error) {
        this.crashed(error);
      }
      return;
    }
    this.query = this.queryOfTarget();
    this.#then(
      () => runSerial(rewrite, "rewrite", this.pdk, this),
      () => {
        if (this.exit === null) return findRoute(this);
        this.take();
        return this.answer();
      },
    );
  }

  /** Goes on when a step is over, with a 500 when it failed. */
  #then(step: () => MaybePromise<void>, next: () => void): void {
    try {
      const running = step();
      if (!isPromise(running)) {
        next();
        return;
      }
      (running as Promise<void>).then(next).catch((error: unknown) => this.crashed(error));
    } catch (error) {
      this.crashed(error);
    }
  }

  access(destination: Destination): void {
    this.phase = "access";
    const { plan } = destination;
    if (plan.access !== null && plan.access.length === 0 && plan.late !== null) {
      this.late = plan.late;
      this.accessed(destination);
      return;
    }
    try {
      const running = runAccess(plan, this.pdk, this, (error) => this.accessFailed(error));
      if (!isPromise(running)) {
        this.late = running;
        this.accessed(destination);
        return;
      }
      (running as Promise<LatePhases>)
        .then((late) => {
          this.late = late;
          this.accessed(destination);
        })
        .catch((error: unknown) => this.crashed(error));
    } catch (error) {
      this.crashed(error);
    }
  }

  accessFailed(error: PluginError): void {
    this.reportFailure(error);
    this.failed = true;
    if (this.exit === null) this.setError(500, defaultErrorMessage(500));
  }

  accessed(destination: Destination): void {
    if (this.done) return;
    if (this.exit !== null) {
      this.answer();
      return;
    }
    const { service } = destination;
    if (service === null) {
      if (this.next !== null) handToHost(this, this.next);
      else this.answerError(503, "no Service found with those values");
      return;
    }
    if (this.requestBody !== null && this.requestBytes === null) {
      // A plugin has begun to read the body and not waited for it.
      this.requestBody.then(
        () => forward(this, service),
        (error: unknown) => (this.bodyReadHere ? forward(this, service) : this.crashed(error)),
      );
      return;
    }
    forward(this, service);
  }

  onConnected(): void {
    this.connected = true;
  }

  onHead(status: number, statusText: string, raw: string[]): void {
    if (this.done) return;
    this.answered = this.node.now();
    this.serviceStatus = status;
    this.serviceHeaders = raw;
    this.status = status;
    const trailers = this.incoming.headers.te !== undefined && this.mayAnnounceTrailers(status);
    const head = cleanResponseHeaders(raw, null, trailers, this.owner.settings.charset);
    this.headers = head.headers;
    if (this.owner.settings.tokens.upstreamStatus) head.headers.push("X-Kong-Upstream-Status", String(status));
    if (this.buffered) {
      this.held = [];
      this.heldHead = head;
      return;
    }
    this.sendHead(head, statusText);
  }

  onData(chunk: Buffer): boolean {
    if (this.done) return true;
    if (this.held !== null) {
      this.held.push(chunk);
      return true;
    }
    const piece = this.late.bodyFilter === null ? chunk : this.filterBody(chunk, false);
    if (piece === undefined) return true;
    if (this.remaining > 0) {
      this.remaining -= chunk.length;
      if (this.remaining === 0) {
        // The last byte is here: one write less than waiting for the upstream's end. A small body goes out as text, since Node
        // then puts head and body into one write (measured: 4 % of the CPU of a small GET).
        if (piece.length <= SMALL_BODY) this.response.end(piece.toString("latin1"), "latin1");
        else this.response.end(piece);
        return true;
      }
    }
    if (piece.length === 0 || this.response.write(piece)) return true;
    this.response.once("drain", () => this.running?.resume());
    return false;
  }

  onEnd(): void {
    this.release();
    if (this.late.log !== null) this.received = this.node.now();
    if (this.done) return;
    if (this.held !== null) {
      this.respond();
      return;
    }
    if (this.late.bodyFilter === null) {
      if (!this.response.writableEnded) this.response.end();
      return;
    }
    const piece = this.filterBody(Buffer.alloc(0), true);
    if (piece !== undefined) this.response.end(piece);
  }

  /** The upstream's whole answer is in memory: `response` handlers may change it or put another in its place. */
  respond(): void {
    this.serviceBody = Buffer.concat(this.held ?? []);
    this.phase = "response";
    this.#then(
      () => (this.late.response === null ? undefined : runSerial(this.late.response, "response", this.pdk, this)),
      () => {
        if (this.done) return;
        const head = this.heldHead as CleanedHead;
        const body = this.serviceBody as Buffer;
        this.held = null;
        if (this.exit !== null) {
          this.answer();
          return;
        }
        this.sendHead(head, "");
        if (!this.headSent || this.done || this.response.writableEnded) return;
        const piece = this.late.bodyFilter === null ? body : this.filterBody(body, true);
        if (piece !== undefined) this.response.end(piece);
      },
    );
  }

  onError(error: TransportError): void {
    const { peer } = this;
    this.release();
    if (this.done || this.abandoned) return;
    // The client left in the middle of its body; the end of its connection is about to be told.
    if (error.kind === "aborted" && this.incoming.destroyed) return;
    if (this.headSent) {
      this.cut();
      return;
    }
    const service = this.destination?.service;
    if (service && peer !== null && mayRetry(this, error, service)) {
      this.failedPeers ??= [];
      this.failedPeers.push(peer);
      noteFailedTry(this, failureStatus(error.kind));
      retry(this, service);
      return;
    }
    this.held = null;
    this.node.logger.warn(`upstream failed: ${error.message}`, {
      kind: error.kind,
      peer: peer?.target,
      request_id: this.requestId,
    });
    if (error.kind === "dns") {
      this.proxied = false;
      this.answerError(503, "name resolution failed");
      return;
    }
    this.serviceStatus = failureStatus(error.kind);
    this.answerCoreError(this.serviceStatus);
  }

  /** Tells the balancer that the try is over. */
  release(): void {
    const { peer } = this;
    this.running = null;
    this.peer = null;
    if (peer === null) return;
    this.destination?.service?.balancer.release?.(peer, {
      status: this.serviceStatus,
      timedOut: false,
      duration: (this.answered || this.node.now()) - this.balanced,
    });
  }

  /** The answer is sent or the client is gone. Comes once. */
  closed(): void {
    if (this.done) return;
    this.done = true;
    if (this.phase === "access" && this.destination !== null && this.late === this.snapshot.globals.late) {
      this.late = latePhasesOf(this.destination.plan, this.consumer?.id ?? null);
    }
    // The answer may be out before the transport has seen the upstream's end; its connection is still good then.
    if (!this.response.writableFinished) this.abandon();
    this.release();
    this.finished();
  }
}

/** Bytes up to which making a text of a body is cheaper than a second buffer in the write. */
const SMALL_BODY = 4096;
