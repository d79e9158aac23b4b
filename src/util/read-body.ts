import type { Readable } from "node:stream";

/** The body is larger than what may be held in memory. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/**
 * Reads a stream to its end.
 *
 * @param limit - bytes; one more rejects with {@link BodyTooLargeError}, and what was read is put back, so that the stream can
 *   still be sent on as it came
 */
export function readBody(stream: Readable, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (error?: Error): void => {
      stream.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
      if (error) {
        stream.pause();
        reject(error);
      } else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limit) return;
      finish(new BodyTooLargeError(`body is larger than ${limit} bytes`));
      stream.unshift(Buffer.concat(chunks, size));
    };
    const onEnd = (): void => finish();
    const onError = (error: Error): void => finish(error);
    const onClose = (): void => finish(new Error("the client closed the connection before its request was complete"));
    stream.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}
