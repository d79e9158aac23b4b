import type { Readable } from "node:stream";
import type { RequestContext } from "../pdk/request-context.js";
import { announcesBody, bodyWasRead, restoreBody } from "../util/parsed-body.js";
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
 * @returns `undefined` when the host has read the body and nothing is left to restore it from
 */
export function upstreamBody(context: RequestContext): UpstreamBody | undefined {
  const { incoming } = context;
  if (context.upstreamBody !== null) return inMemory(context.upstreamBody, undefined, false);
  if (!announcesBody(incoming)) return none;
  if (bodyWasRead(incoming)) {
    if (context.requestBytes !== null && context.bodyReadHere) return inMemory(context.requestBytes, undefined, false);
    const restored = restoreBody(incoming);
    return restored === undefined ? undefined : inMemory(restored.body, restored.contentType, true);
  }
  return { bytes: incoming, shape: null };
}

function inMemory(bytes: Buffer, contentType: string | undefined, restored: boolean): UpstreamBody {
  return { bytes, shape: { length: bytes.length, contentType, restored } };
}
