import { type Readable, Transform } from "node:stream";
import type { BodyLimit, RequestContext } from "../pdk/request-context.js";
import { bodyWasRead, hasBody, restoreBody } from "../util/parsed-body.js";
import type { BodyShape } from "./request-headers.js";

/** The body of the upstream request. */
export interface UpstreamBody {
  /** The client's stream, bytes in memory, or nothing. */
  readonly bytes: Readable | Buffer | null;
  /** Set when the bytes are not the client's stream, so that the headers about it must follow. */
  readonly shape: BodyShape | null;
}

const none: UpstreamBody = { bytes: null, shape: null };

/**
 * Decides what is sent as the body: what a plugin put there, what a plugin or the host's parser has read, or the client's own
 * stream untouched.
 *
 * @param tooLarge - called when the client's body has more bytes than a plugin lets through: at once, or while it is sent
 * @returns `undefined` when the host has read the body and nothing is left to restore it from
 */
export function upstreamBody(context: RequestContext, tooLarge: (limit: BodyLimit) => void): UpstreamBody | undefined {
  const { incoming, bodyLimit } = context;
  if (context.upstreamBody !== null) return inMemory(context.upstreamBody, undefined, false);
  if (!hasBody(incoming)) return none;
  if (bodyWasRead(incoming)) {
    if (context.requestBytes !== null && context.bodyReadHere) return inMemory(context.requestBytes, undefined, false);
    const restored = restoreBody(incoming);
    if (bodyLimit !== null && restored !== undefined && restored.body.length > bodyLimit.bytes) tooLarge(bodyLimit);
    return restored === undefined ? undefined : inMemory(restored.body, restored.contentType, true);
  }
  return { bytes: bodyLimit === null ? incoming : counted(incoming, bodyLimit, tooLarge), shape: null };
}

/** The same bytes, up to a limit. The client's own stream is left alone beyond it, so that the client can still be answered. */
function counted(source: Readable, limit: BodyLimit, tooLarge: (limit: BodyLimit) => void): Readable {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size <= limit.bytes) {
        done(null, chunk);
        return;
      }
      source.unpipe(counter);
      tooLarge(limit);
      counter.destroy();
    },
  });
  const broken = (): void => {
    if (!source.readableEnded) counter.destroy(new Error("the client's body broke off"));
  };
  // Nobody may be listening any more when the client breaks off.
  counter.on("error", () => undefined);
  source.once("error", broken).once("close", broken);
  return source.pipe(counter);
}

function inMemory(bytes: Buffer, contentType: string | undefined, restored: boolean): UpstreamBody {
  return { bytes, shape: { length: bytes.length, contentType, restored } };
}
