import { expect } from "vitest";
import type { Exchange, ExchangeHandler, Transport, TransportError, UpstreamRequest } from "../../../src/proxy/transport.js";

/** What a test may want to do at each step, beside recording. */
export interface Steps {
  readonly onConnected?: (recorder: Recorder) => void;
  readonly onHead?: (recorder: Recorder) => void;
  /** Answers whether to go on. */
  readonly onData?: (chunk: Buffer, recorder: Recorder) => boolean;
}

/** Records one exchange, and holds the transport to the order of its calls. */
export class Recorder implements ExchangeHandler {
  readonly calls: string[] = [];
  readonly done: Promise<void>;
  status = 0;
  statusText = "";
  headers: string[] = [];
  body = "";
  bytes = 0;
  error: TransportError | undefined;
  exchange: Exchange | undefined;
  /** Calls that came out of order. */
  readonly violations: string[] = [];
  private readonly steps: Steps;
  private finish: () => void = () => {};

  constructor(steps: Steps = {}) {
    this.steps = steps;
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  onConnected(): void {
    this.record("connected", this.calls.length === 0);
    this.steps.onConnected?.(this);
  }

  onHead(status: number, statusText: string, headers: string[]): void {
    this.record("head", this.last === "connected");
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.steps.onHead?.(this);
  }

  onData(chunk: Buffer): boolean {
    if (this.last !== "data") this.record("data", this.last === "head");
    this.bytes += chunk.length;
    if (this.steps.onData !== undefined) return this.steps.onData(chunk, this);
    this.body += chunk.toString("latin1");
    return true;
  }

  onEnd(): void {
    this.record("end", this.last === "head" || this.last === "data");
    this.finish();
  }

  onError(error: TransportError): void {
    this.record("error", this.last !== "end" && this.last !== "error");
    this.error = error;
    this.finish();
  }

  get settled(): boolean {
    return this.last === "end" || this.last === "error";
  }

  private get last(): string | undefined {
    return this.calls.at(-1);
  }

  private record(call: string, inOrder: boolean): void {
    if (!inOrder) this.violations.push(`${call} after ${this.last ?? "nothing"}`);
    this.calls.push(call);
  }
}

/** What a test says of a request; the rest has defaults. */
export type RequestParts = Partial<UpstreamRequest> & { readonly port: number };

/** Fills in a request: GET / to 127.0.0.1, no body, generous time limits. */
export function upstreamRequest(parts: RequestParts): UpstreamRequest {
  const scheme = parts.scheme ?? "http";
  return {
    scheme,
    host: "127.0.0.1",
    method: "GET",
    path: "/",
    headers: ["Host", "upstream.test"],
    body: null,
    connectTimeout: 5_000,
    writeTimeout: 5_000,
    readTimeout: 5_000,
    tls: scheme === "https" ? { servername: null, verify: false, ca: null, cert: null, key: null } : null,
    ...parts,
  };
}

/** Starts an exchange and answers its recorder at once. */
export function begin(transport: Transport, parts: RequestParts, steps?: Steps): Recorder {
  const recorder = new Recorder(steps);
  recorder.exchange = transport.exchange(upstreamRequest(parts), recorder);
  return recorder;
}

/** Carries out an exchange, checks the order of the calls, and answers its recorder. */
export async function carry(transport: Transport, parts: RequestParts, steps?: Steps): Promise<Recorder> {
  const recorder = begin(transport, parts, steps);
  await recorder.done;
  // Lets stragglers (an `end` after the error, a second `close`) come in.
  await new Promise((resolve) => setImmediate(resolve));
  expect(recorder.violations).toEqual([]);
  return recorder;
}
