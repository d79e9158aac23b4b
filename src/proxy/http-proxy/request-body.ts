import type { ClientRequest } from "node:http";
import { Readable } from "node:stream";
import { ignoreError } from "../ignore-error.js";

/** Hears how the sending of a request goes on. */
export interface SendingObserver {
  /** The peer takes no more for now. */
  onBlocked(): void;
  /** The peer takes more again. */
  onUnblocked(): void;
  /** Everything was handed to the operating system. */
  onSent(): void;
  /** The body broke off, or is not as long as announced. */
  onBodyFailure(message: string, cause?: unknown): void;
}

// One write of a large buffer tells nothing about its progress until all of it is gone.
const SLICE = 65_536;

/** Sends the body of a request with back-pressure. */
export class RequestBody {
  private readonly request: ClientRequest;
  private readonly source: Readable;
  private readonly length: number;
  private readonly observer: SendingObserver;
  private written = 0;
  private stopped = false;

  /** @param length - the announced length, -1 when none is */
  constructor(request: ClientRequest, body: Readable | Buffer, length: number, observer: SendingObserver) {
    this.request = request;
    this.source = Buffer.isBuffer(body) ? Readable.from(slices(body)) : body;
    this.length = length;
    this.observer = observer;
  }

  start(): void {
    const { source, request } = this;
    if (source.readableEnded) {
      this.finish();
      return;
    }
    if (source.destroyed) {
      this.observer.onBodyFailure("the request body was destroyed before it was sent", source.errored);
      return;
    }
    // Stays after we are done: a stream that fails later must not bring the process down.
    if (!source.listeners("error").includes(ignoreError)) source.on("error", ignoreError);
    source.on("data", this.onData).on("end", this.finish).on("close", this.onClose).on("error", this.onSourceError);
    request.on("drain", this.onDrain);
    if (source.isPaused()) source.resume();
  }

  /** Reads no further. The source is left paused, to its owner. */
  stop(): void {
    if (this.stopped) return;
    this.detach();
    this.source.pause();
  }

  private readonly onData = (chunk: Buffer | string): void => {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    this.written += bytes.length;
    if (this.length !== -1 && this.written > this.length) {
      this.observer.onBodyFailure("the request body is longer than announced");
      return;
    }
    let free: boolean;
    try {
      free = this.request.write(bytes);
    } catch (cause) {
      this.observer.onBodyFailure("the request body is not made of bytes", cause);
      return;
    }
    if (free) return;
    this.source.pause();
    this.observer.onBlocked();
  };

  private readonly onDrain = (): void => {
    if (this.stopped) return;
    this.observer.onUnblocked();
    this.source.resume();
  };

  private readonly finish = (): void => {
    if (this.length !== -1 && this.written < this.length) {
      this.observer.onBodyFailure("the request body is shorter than announced");
      return;
    }
    this.detach();
    this.observer.onBlocked();
    this.request.end(() => this.observer.onSent());
  };

  private readonly onClose = (): void => {
    if (!this.source.readableEnded) this.observer.onBodyFailure("the request body ended early", this.source.errored);
  };

  private readonly onSourceError = (cause: unknown): void => {
    this.observer.onBodyFailure("the request body failed", cause);
  };

  private detach(): void {
    this.stopped = true;
    this.source.off("data", this.onData).off("end", this.finish).off("close", this.onClose).off("error", this.onSourceError);
    this.request.off("drain", this.onDrain);
  }
}

/** `true` when a body is small enough to go out in one write. */
export function isSmall(body: Buffer): boolean {
  return body.length <= SLICE;
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += SLICE) yield body.subarray(start, start + SLICE);
}
