/**
 * Helpers for tests of plugins and configurations: one plugin against one request, a gateway behind a server of its own, and an upstream
 * that remembers what it was asked.
 *
 * @module
 */
export {
  type LoggedLine,
  type PluginConfigInput,
  type PluginRun,
  type RunPluginOptions,
  runPlugin,
  type TestAnswer,
  type TestPhase,
  type TestRequest,
} from "./run-plugin.js";
export { type RunningGateway, startGateway } from "./start-gateway.js";
export {
  type RecordedRequest,
  type RunningUpstream,
  startUpstream,
  type UpstreamHandler,
  type UpstreamOptions,
} from "./start-upstream.js";
