import { getHeader, removeHeader } from "../util/header-list.js";
import { defaultErrorMessage, errorBody } from "./error-body.js";
import { grpcHeaders, isGrpcRequest } from "./grpc-answer.js";
import { checkHeaderName, type HeaderValue, headerValues } from "./header-edits.js";
import { checkPhase, HBL, phases, RAH } from "./phase.js";
import { checkMax } from "./request.js";
import type { RequestContext } from "./request-context.js";

/** Headers as plugins give them. */
export type HeadersInput = Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>;

const BODY_FILTER = phases("body_filter");

/** Reads and changes the answer to the client, or gives one in place of the upstream. */
export class PdkResponse {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** The status that the client gets. */
  getStatus(): number {
    checkPhase(this.#context.phase, HBL);
    return this.#context.status;
  }

  /** The first value of a header of the answer. */
  getHeader(name: string): string | undefined {
    checkPhase(this.#context.phase, HBL);
    return findHeader(this.#context.headers ?? [], name);
  }

  /** The headers of the answer by lower-case name; repeated ones as lists. */
  getHeaders(maxHeaders = 100): Record<string, string | string[]> {
    checkPhase(this.#context.phase, HBL);
    checkMax("max_headers", maxHeaders);
    return headersObject(this.#context.headers ?? [], maxHeaders);
  }

  /** Who answers: the `service`, a plugin (`exit`), or the gateway after a failure (`error`). */
  getSource(): "service" | "exit" | "error" {
    checkPhase(this.#context.phase, HBL);
    return answerSource(this.#context);
  }

  /** @throws Error when the status is not between 100 and 599 or the head is already sent */
  setStatus(status: number): void {
    const context = this.#writable();
    checkStatus(status);
    context.status = status;
  }

  /** Replaces a header. Before the answer is there, it is kept and put on it when it comes. */
  setHeader(name: string, value: HeaderValue | readonly HeaderValue[]): void {
    this.#edit("set", name, headerValues(name, value));
  }

  /** Adds one more header of that name. */
  addHeader(name: string, value: HeaderValue): void {
    this.#edit("add", name, headerValues(name, value));
  }

  /** Removes all headers of that name. */
  clearHeader(name: string): void {
    checkHeaderName(name);
    this.#edit("clear", name, []);
  }

  /** Replaces each of the given headers. */
  setHeaders(headers: HeadersInput): void {
    this.#writable();
    const edits = Object.entries(headers).map(([name, value]) => [name, headerValues(name, value)] as const);
    for (const [name, values] of edits) this.#edit("set", name, values);
  }

  #edit(action: "set" | "add" | "clear", name: string, values: readonly string[]): void {
    const context = this.#writable();
    if (isTransferEncoding(name)) {
      context.node.logger.warn(`manually setting Transfer-Encoding. Ignored.`);
      return;
    }
    if (context.headers === null) {
      context.early ??= [];
      context.early.push({ action, name, values });
    } else {
      editHeaders(context.headers, action, name, values);
    }
  }

  #writable(): RequestContext {
    checkPhase(this.#context.phase, RAH);
    if (this.#context.headSent) throw new Error("headers have already been sent");
    return this.#context;
  }

  /** The body so far withheld from the client: `undefined` until the last chunk, then the whole. Only in `bodyFilter`. */
  getRawBody(): Buffer | undefined {
    checkPhase(this.#context.phase, BODY_FILTER);
    const context = this.#context;
    const chunk = context.bodyChunk;
    if (chunk === null) return undefined;
    context.bodyCollected ??= new Map();
    const collected = context.bodyCollected.get(context.plugin) ?? [];
    context.bodyCollected.set(context.plugin, collected);
    collected.push(chunk.data);
    if (!chunk.last) {
      context.bodyReplacement = Buffer.alloc(0);
      return undefined;
    }
    const whole = Buffer.concat(collected);
    context.bodyReplacement = whole;
    return whole;
  }

  /**
   * Puts another body in place of the current chunk and of all that would follow: the plugins below see it as the last chunk, and no body
   * filter is called again. To replace a chunk alone, return it from `bodyFilter`.
   */
  setRawBody(body: string | Uint8Array): void {
    checkPhase(this.#context.phase, BODY_FILTER);
    this.#context.bodyReplacement = bytesOf(body);
    this.#context.bodyEnded = true;
  }

  /**
   * Answers in place of the upstream. The first answer wins; write `return pdk.response.exit(…)`.
   *
   * @param status - 100 to 599
   * @param body - text and bytes are sent as they are, another object as JSON
   * @param headers - further headers; they win over the computed `Content-Type` and `Content-Length`
   * @throws Error for a body of another type
   */
  exit(status: number, body?: string | Uint8Array | object | null, headers?: HeadersInput): void {
    const context = this.#writable();
    checkStatus(status);
    if (context.exit !== null && context.phase !== "header_filter" && context.phase !== "response") return;
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    if (!isRaw && typeof body !== "object" && body !== undefined) {
      throw new Error(`body must be text, bytes or an object: got ${typeof body}`);
    }
    if (isGrpcRequest(context.incoming)) {
      context.exit = { status, body: null, headers: grpcExit(context, status, body, headers) };
      return;
    }
    const isJson = !isRaw && body !== undefined && body !== null;
    context.exit = {
      status,
      body: isRaw ? (typeof body === "string" ? body : bytesOf(body)) : isJson ? (JSON.stringify(body) ?? null) : null,
      headers: exitHeaders(context, headers, isJson ? "application/json; charset=utf-8" : undefined),
    };
  }

  /**
   * Answers with an error in the form that the client's `Accept` prefers (JSON, plain text, HTML, XML).
   *
   * @param status - 400 to 599
   * @param message - default: the usual text of the status; an object is put into the answer as JSON text
   */
  error(status: number, message?: string | object | null, headers?: HeadersInput): void {
    const context = this.#writable();
    if (!Number.isInteger(status) || status < 400 || status > 599) throw new Error("code must be a number between 400 and 599");
    if (typeof message !== "string" && typeof message !== "object" && message !== undefined) {
      throw new Error(`message must be text or an object: got ${typeof message}`);
    }
    if (context.exit !== null && context.phase !== "header_filter" && context.phase !== "response") return;
    if (isGrpcRequest(context.incoming)) {
      context.exit = { status, body: null, headers: grpcExit(context, status, undefined, headers) };
      return;
    }
    const text =
      typeof message === "object" && message !== null ? JSON.stringify(message) : (message ?? defaultErrorMessage(status));
    const { contentType, body } = errorBody(context.incoming.headers.accept, text, context.requestId);
    context.exit = { status, body, headers: exitHeaders(context, headers, contentType) };
  }
}

/** The body's text, or an object's `message`, goes into a header; other objects are lost, as in Kong. */
function grpcExit(context: RequestContext, status: number, body: unknown, given: HeadersInput | undefined): string[] {
  const text =
    typeof body === "object" && body !== null && !(body instanceof Uint8Array) ? (body as { message?: unknown }).message : body;
  const headers = exitHeaders(context, given, undefined);
  const own = grpcHeaders(status, text === undefined || text === null ? undefined : String(text));
  for (let i = 0; i < own.length; i += 2) editHeaders(headers, "set", own[i] as string, [own[i + 1] as string]);
  return headers;
}

/**
 * A body as plugins give it, as the bytes to send.
 *
 * @throws Error for anything but text and bytes
 */
export function bytesOf(body: string | Uint8Array): Buffer {
  if (typeof body === "string") return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  if (!(body instanceof Uint8Array)) throw new Error(`body must be text or bytes: got ${typeof body}`);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 100 || status > 599) throw new Error("code must be a number between 100 and 599");
}

function isTransferEncoding(name: string): boolean {
  return name.length === 17 && name.toLowerCase() === "transfer-encoding";
}

function exitHeaders(context: RequestContext, given: HeadersInput | undefined, contentType: string | undefined): string[] {
  const list: string[] = contentType === undefined ? [] : ["Content-Type", contentType];
  for (const [name, value] of Object.entries(given ?? {})) {
    if (isTransferEncoding(name)) context.node.logger.warn("manually setting Transfer-Encoding. Ignored.");
    else editHeaders(list, "set", name, headerValues(name, value));
  }
  return list;
}

/** Changes a flat header list in place. */
export function editHeaders(list: string[], action: "set" | "add" | "clear", name: string, values: readonly string[]): void {
  if (action !== "add") removeHeader(list, name.toLowerCase());
  for (const value of values) list.push(name, value);
}

/** The first value of a header of a flat list; `_` and `-` are the same. */
export function findHeader(list: readonly string[], name: string): string | undefined {
  return getHeader(list, name.toLowerCase().replaceAll("_", "-"));
}

/** Who answers the client. */
export function answerSource({ failed, exit, proxied }: RequestContext): "service" | "exit" | "error" {
  if (failed) return "error";
  if (exit !== null) return "exit";
  return proxied ? "service" : "error";
}

/** A flat list as an object by lower-case name, with that many names at most. */
export function headersObject(list: readonly string[], max: number): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = Object.create(null);
  let count = 0;
  for (let i = 0; i < list.length; i += 2) {
    const name = (list[i] as string).toLowerCase();
    const value = list[i + 1] as string;
    const before = result[name];
    if (before === undefined) {
      if (count < max) result[name] = value;
      count += 1;
    } else if (typeof before === "string") result[name] = [before, value];
    else before.push(value);
  }
  return result;
}
