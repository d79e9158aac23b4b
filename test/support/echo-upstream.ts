import {
  type RecordedRequest,
  type RunningUpstream,
  startUpstream,
  type UpstreamHandler,
  type UpstreamOptions,
} from "../../src/testing/index.js";

/** What the upstream saw of one request, and what it answers as JSON. */
export type EchoRecord = RecordedRequest;

/** An upstream that answers 200 with what it was asked, and remembers it. */
export type EchoUpstream = RunningUpstream;

/** How an echo upstream differs from the plain one. */
export interface EchoOptions extends UpstreamOptions {
  /** Called in place of the echo, after the request was recorded. */
  readonly answer?: UpstreamHandler;
}

/** Starts an echo upstream on 127.0.0.1. */
export async function echoUpstream({ answer, ...options }: EchoOptions = {}): Promise<EchoUpstream> {
  return startUpstream(answer, options);
}
