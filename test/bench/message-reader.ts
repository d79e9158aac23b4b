const HEAD_END = "\r\n\r\n";
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

/** Called once for each complete message: its head (without the empty line) and the number of body bytes. */
export type OnMessage = (head: string, bodyBytes: number) => void;

/**
 * Splits a connection's bytes into HTTP/1.1 messages and counts their body bytes. It does no more than the load client and
 * the upstream of the benchmark need, because what they cost is taken from the contender's share of the machine.
 */
export class MessageReader {
  readonly #onMessage: OnMessage;
  #pending: Buffer | null = null;
  #head = "";
  #bodyBytes = 0;
  /** Bytes of the body, or of the current chunk with its line end, still to come. */
  #remaining = 0;
  #state: "head" | "body" | "chunk-size" | "chunk-data" | "trailer" = "head";

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  /** @throws when a chunk size is not a number */
  push(piece: Buffer): void {
    let buffer = piece;
    if (this.#pending !== null) {
      buffer = Buffer.concat([this.#pending, piece]);
      this.#pending = null;
    }
    let offset = 0;
    while (offset < buffer.length) {
      const next = this.#step(buffer, offset);
      if (next < 0) {
        this.#pending = offset === 0 ? buffer : buffer.subarray(offset);
        return;
      }
      offset = next;
    }
  }

  /** Consumes one element that starts at `offset`; answers where the next one starts, or -1 when bytes are missing. */
  #step(buffer: Buffer, offset: number): number {
    switch (this.#state) {
      case "head":
        return this.#readHead(buffer, offset);
      case "body":
      case "chunk-data":
        return this.#readBody(buffer, offset);
      case "chunk-size":
        return this.#readChunkSize(buffer, offset);
      case "trailer":
        return this.#readTrailer(buffer, offset);
    }
  }

  #readHead(buffer: Buffer, offset: number): number {
    const end = buffer.indexOf(HEAD_END, offset, "latin1");
    if (end < 0) return -1;
    const head = buffer.toString("latin1", offset, end);
    this.#head = head;
    this.#bodyBytes = 0;
    const length = CONTENT_LENGTH.exec(head);
    if (length !== null) {
      this.#remaining = Number(length[1]);
      if (this.#remaining > 0) this.#state = "body";
      else this.#finish();
    } else if (CHUNKED.test(head)) {
      this.#state = "chunk-size";
    } else {
      this.#finish();
    }
    return end + HEAD_END.length;
  }

  #readBody(buffer: Buffer, offset: number): number {
    const taken = Math.min(this.#remaining, buffer.length - offset);
    this.#remaining -= taken;
    if (this.#state === "body") {
      this.#bodyBytes += taken;
      if (this.#remaining === 0) this.#finish();
    } else if (this.#remaining === 0) {
      this.#state = "chunk-size";
    }
    return offset + taken;
  }

  #readChunkSize(buffer: Buffer, offset: number): number {
    const end = buffer.indexOf("\r\n", offset, "latin1");
    if (end < 0) return -1;
    const size = Number.parseInt(buffer.toString("latin1", offset, end), 16);
    if (!Number.isInteger(size)) throw new Error("malformed chunk size");
    this.#bodyBytes += size;
    this.#remaining = size + 2;
    this.#state = size === 0 ? "trailer" : "chunk-data";
    return end + 2;
  }

  #readTrailer(buffer: Buffer, offset: number): number {
    const end = buffer.indexOf("\r\n", offset, "latin1");
    if (end < 0) return -1;
    if (end === offset) this.#finish();
    return end + 2;
  }

  #finish(): void {
    this.#state = "head";
    this.#onMessage(this.#head, this.#bodyBytes);
  }
}
