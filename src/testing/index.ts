/**
 * Helpers for tests of plugins and configurations: a gateway behind a server of its own, and an upstream that remembers what it was
 * asked.
 *
 * @module
 */
export { type RunningGateway, startGateway } from "./start-gateway.js";
export {
  type RecordedRequest,
  type RunningUpstream,
  startUpstream,
  type UpstreamHandler,
  type UpstreamOptions,
} from "./start-upstream.js";
