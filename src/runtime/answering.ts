import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { defaultErrorMessage, errorBody } from "../pdk/error-body.js";
import { grpcHeaders, isGrpcRequest } from "../pdk/grpc-answer.js";
import { Pdk } from "../pdk/pdk.js";
import { type BodyLimit, RequestContext } from "../pdk/request-context.js";
import type { LatePhases } from "../plugin-runner/plan.js";
import { runBodyFilters, runSerial } from "../plugin-runner/run.js";
import type { Exchange } from "../proxy/transport.js";
import { isHeaderName, removeHeader } from "../util/header-list.js";
import { isPromise } from "../util/maybe-promise.js";
import { thrownStack, thrownText } from "../util/thrown.js";
import { addOwnHeaders, addProxiedHeaders, filterHead } from "./answer-head.js";
import type { ExchangeOwner, Next } from "./exchange-types.js";
import { noteHead } from "./log-notes.js";
import { replaceHeaders } from "./replace-headers.js";
import { acceptsTrailers } from "./request-headers.js";
import { newRequestId } from "./request-id.js";
import type { CleanedHead } from "./response-headers.js";
import type { Snapshot } from "./snapshot.js";

/** The client's side of an exchange: how answers go out, whoever gives them, and how the exchange ends. */
export abstract class AnsweringExchange extends RequestContext {
  readonly owner: ExchangeOwner;
  readonly snapshot: Snapshot;
  readonly response: ServerResponse;
  readonly next: Next | null;
  late: LatePhases;
  running: Exchange | null = null;
  abandoned = false;
  /** Bytes of the body still to come; -1 when unknown. */
  remaining = -1;
  /** The last byte was handed to the client's connection, or the client is gone. */
  done = false;
  #taken = false;
  #pdk: Pdk | null = null;

  constructor(
    owner: ExchangeOwner,
    snapshot: Snapshot,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    target: string,
    next: Next | null,
  ) {
    super(owner.settings.node, incoming, outgoing, snapshot.entities, newRequestId(), owner.settings.node.now(), target);
    this.owner = owner;
    this.snapshot = snapshot;
    this.response = outgoing;
    this.next = next;
    this.late = snapshot.globals.late;
  }

  /** With its `?`; for requests that the router has not seen. */
  queryOfTarget(): string {
    const mark = this.target.indexOf("?", 1);
    return mark === -1 ? "" : this.target.slice(mark);
  }

  /** Node throws for `Trailer` on an answer that is not chunked. */
  mayAnnounceTrailers(status: number): boolean {
    const { headers, httpVersion } = this.incoming;
    return (
      acceptsTrailers(headers.te as string) && httpVersion !== "1.0" && this.method !== "HEAD" && status !== 204 && status !== 304
    );
  }

  override hasUpstream(name: string): boolean {
    return this.snapshot.upstreams.has(name);
  }

  /** The answer is sent or the client is gone. */
  abstract closed(): void;

  get pdk(): Pdk {
    this.#pdk ??= new Pdk(this);
    return this.#pdk;
  }

  /** From here on the request is ours: the gateway counts it, and its end is seen. */
  take(): void {
    const { response } = this;
    this.#taken = true;
    this.owner.began();
    response.on("close", () => this.closed());
    response.on("error", ignore);
    // The client may have left while a rewrite handler or the host's own middleware was at work.
    if (response.closed || (this.incoming.httpVersionMajor === 2 && isStreamClosed(response))) this.closed();
  }

  /** Sends the head of a proxied answer, after the plugins' header filters. */
  sendHead(head: CleanedHead, statusText: string): void {
    try {
      if (this.early !== null || this.late.headerFilter !== null || this.late.response !== null) {
        if (!filterHead(this, () => this.pdk, this.late)) {
          this.abandon();
          this.sendOwn(false);
          return;
        }
        if (this.method !== "HEAD") keepTrueLength(this.headers as string[], head.length);
      }
      const headers = this.headers as string[];
      addProxiedHeaders(headers, this, this.owner.settings, this, head);
      if (this.late.bodyFilter === null) this.remaining = this.method === "HEAD" ? -1 : head.length;
      else if (!this.late.keepsBody && this.method !== "HEAD") removeHeader(headers, "content-length");
      // A plugin asked for the head alone: the client, which did not, must not wait for a body.
      if (this.method === "HEAD" && this.incoming.method !== "HEAD") removeHeader(headers, "content-length");
      if (this.status === this.serviceStatus) this.writeHead(headers, statusText);
      else {
        // The upstream's words belong to its own status, and its length to its own body (RFC 9110 section 8.6).
        if (this.status < 200 || this.status === 204) removeHeader(headers, "content-length");
        this.writeHead(headers, "");
      }
    } catch (error) {
      // Nothing was sent yet: Kong closes the connection without an answer, and so do we.
      this.report(error);
      this.cut();
    }
  }

  writeHead(headers: string[], statusText: string): void {
    this.headSent = true;
    this.phase = "body_filter";
    if (this.late.log !== null) noteHead(this);
    const { response, status } = this;
    const plain =
      statusText === "" || statusText === STATUS_CODES[status] || this.incoming.httpVersionMajor > 1 || !isPlain(statusText);
    if (this.next !== null || response.getHeaderNames().length > 0) {
      replaceHeaders(response, headers);
      if (plain) response.writeHead(status);
      else response.writeHead(status, statusText);
    } else if (plain) {
      response.writeHead(status, headers);
    } else {
      response.writeHead(status, statusText, headers);
    }
  }

  filterBody(data: Buffer, last: boolean): Buffer | undefined {
    try {
      return runBodyFilters(this.late.bodyFilter ?? [], this.pdk, this, data, last);
    } catch (error) {
      this.report(error);
      this.cut();
      return undefined;
    }
  }

  setError(status: number, message: string, headers: readonly string[] = []): void {
    if (isGrpcRequest(this.incoming)) {
      this.exit = { status, body: null, headers: [...grpcHeaders(status), ...headers] };
      return;
    }
    const { contentType, body } = errorBody(this.incoming.headers.accept, message, this.requestId);
    this.exit = { status, body, headers: ["Content-Type", contentType, ...headers] };
  }

  /** An error that the gateway's own rules call for, in the form that the client accepts (proxying, 10.1). */
  answerError(status: number, message: string, headers?: readonly string[]): void {
    this.failed = true;
    this.setError(status, message, headers);
    this.answer();
  }

  /** An error from underneath: connect failures and the like (proxying, 10.2). */
  answerCoreError(status: number): void {
    const { accept, "content-type": type } = this.incoming.headers;
    this.failed = true;
    if (isGrpcRequest(this.incoming)) {
      this.exit = { status, body: null, headers: grpcHeaders(status) };
    } else {
      const form = accept ?? type ?? this.owner.settings.errorDefaultType;
      const { contentType, body } = errorBody(form, defaultErrorMessage(status), this.requestId);
      this.exit = { status, body, headers: ["Content-Type", contentType] };
    }
    this.answer();
  }

  /** Sends the answer that a plugin or the gateway gave. */
  answer(): void {
    if (this.done || this.headSent || this.exit === null) return;
    this.status = this.exit.status;
    this.headers = [...this.exit.headers];
    try {
      const whole = filterHead(this, () => this.pdk, this.late);
      this.sendOwn(whole);
    } catch (error) {
      this.report(error);
      this.cut();
    }
  }

  /** @param withOwnHeaders - `false` when a header filter gave the answer: it is sent as it gave it */
  sendOwn(withOwnHeaders: boolean): void {
    const headers = this.headers as string[];
    const { status } = this;
    this.phase = "body_filter";
    this.headAt = this.node.now();
    const given = this.exit?.body ?? null;
    let body: Buffer | string | undefined = given ?? "";
    if (this.late.bodyFilter !== null) {
      body = this.filterBody(typeof body === "string" ? Buffer.from(body) : body, true);
      if (body === undefined) return;
      if (!this.late.keepsBody) removeHeader(headers, "content-length");
    }
    const bodiless = status < 200 || status === 204 || status === 304;
    const length = bodiless ? -1 : Buffer.byteLength(body);
    const mayDiffer = this.method === "HEAD" || status === 304;
    if (!keepTrueLength(headers, mayDiffer ? null : length) && !bodiless) headers.push("Content-Length", String(length));
    if (withOwnHeaders) addOwnHeaders(headers, this, this.owner.settings, this);
    this.writeHead(headers, "");
    if (this.method === "HEAD" || bodiless || body.length === 0) this.response.end();
    // Node writes the head in the encoding of a text that it sends together with it, and head fields are bytes.
    else if (typeof body !== "string") this.response.end(body);
    else if (body.length === length) this.response.end(body, "latin1");
    else this.response.end(Buffer.from(body));
  }

  /** Something threw that should not have. */
  crashed(error: unknown): void {
    if (!this.#taken) this.take();
    this.reportFailure(error);
    if (this.done) return;
    if (this.headSent) this.cut();
    else if (this.response.headersSent) this.cut();
    else {
      this.exit = null;
      this.abandon();
      this.answerCoreError(500);
    }
  }

  report(error: unknown): void {
    this.node.logger.error(thrownText(error), { request_id: this.requestId, stack: thrownStack(error) });
  }

  /** A handler failed. That it did when the client had left is no fault of anybody's: what it asks for is not there any more. */
  reportFailure(error: unknown): void {
    if (!this.done) this.report(error);
    else
      this.node.logger.debug(`the client had left: ${thrownText(error)}`, {
        request_id: this.requestId,
        stack: thrownStack(error),
      });
  }

  /** Gives the running try up: whatever the transport says of it from now on is of no interest. */
  abandon(): void {
    this.abandoned = true;
    this.running?.abort();
  }

  /** The client's body has more bytes than a plugin lets through. */
  bodyTooLarge({ status, message }: BodyLimit): void {
    if (this.done) return;
    if (this.response.headersSent) {
      this.cut();
      return;
    }
    this.abandon();
    this.answerError(status, message);
  }

  /** Ends the client's connection in mid-answer, so that it sees the answer as broken. */
  cut(): void {
    this.abandon();
    this.response.destroy();
  }

  /** Counts the request as over and runs the log phase. */
  finished(): void {
    const { log } = this.late;
    this.owner.ended();
    if (log === null) return;
    this.phase = "log";
    // nginx's word for a client that left before there was an answer.
    if (this.status === 0) this.status = 499;
    try {
      const running = runSerial(log, "log", this.pdk, this);
      if (isPromise(running)) (running as Promise<void>).catch((error: unknown) => this.report(error));
    } catch (error) {
      this.report(error);
    }
  }
}

function ignore(): void {}

/** Responses of HTTP/2 do not tell by themselves that their client has left. */
function isStreamClosed(response: ServerResponse): boolean {
  return (response as { readonly stream?: { readonly closed: boolean } }).stream?.closed === true;
}

function isContentLength(name: string): boolean {
  return isHeaderName(name, "content-length");
}

/**
 * Takes away a length that a plugin has given and that is not the body's: the rest of the body, or what is missing of it, would be taken for
 * the next answer on the connection.
 *
 * @param length - of the body that is sent; -1 when it is not known beforehand, `null` where any will do
 * @returns whether there is one left
 */
function keepTrueLength(headers: string[], length: number | null): boolean {
  let isLeft = false;
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (!isContentLength(headers[i] as string)) continue;
    if (length === null || Number(headers[i + 1]) === length) isLeft = true;
    else headers.splice(i, 2);
  }
  return isLeft;
}

/** Visible ASCII, so that Node will send it as a reason phrase. */
function isPlain(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text);
}
