import type { LRUCache } from "lru-cache";
import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { arrayOf, type InferFields, str } from "../../schema/field.js";
import { lazyRequire } from "../../util/lazy-require.js";
import { type AgentPattern, compileAgentPattern } from "./agent-pattern.js";
import { isKnownBot } from "./rules.js";

const lruCache = lazyRequire<typeof import("lru-cache")>("lru-cache");

const configFields = {
  allow: arrayOf(str({ isRegex: true }), {
    default: [],
    description: "Patterns of user agents that may pass, bots or not.",
  }),
  deny: arrayOf(str({ isRegex: true }), { default: [], description: "Patterns of user agents that may not pass." }),
};

type Config = InferFields<typeof configFields>;

const MOST_VERDICTS = 10_000;
/** Characters. Longer user agents are judged each time, so that the memory of verdicts stays small. */
const LONGEST_REMEMBERED = 512;

interface Prepared {
  readonly allow: readonly AgentPattern[];
  readonly deny: readonly AgentPattern[];
  /** Whether an agent may pass. */
  readonly verdicts: LRUCache<string, boolean>;
  /** Patterns that were too slow since this was last asked. */
  readonly slow: Set<string>;
}

const prepare = perConfig(({ allow, deny }: Config): Prepared => {
  const { LRUCache } = lruCache();
  const slow = new Set<string>();
  const compile = (sources: readonly string[] | null): readonly AgentPattern[] =>
    (sources ?? []).map((source) => compileAgentPattern(source, (pattern) => slow.add(pattern)));
  return { allow: compile(allow), deny: compile(deny), verdicts: new LRUCache({ max: MOST_VERDICTS }), slow };
});

/** Keeps known bots out. */
export const botDetection = definePlugin({
  name: "bot-detection",
  version: "3.10.0",
  priority: 2500,
  scopes: ["service", "route"],
  config: configFields,

  access(pdk, config) {
    const agents = pdk.request.getHeaderValues("user-agent");
    if (agents === undefined) return;
    if (agents.length > 1) return pdk.response.error(400, "Only one User-Agent header allowed");
    const [agent = ""] = agents;
    if (!mayPass(pdk, prepare(config), agent.trim())) return pdk.response.error(403);
  },
});

function mayPass(pdk: Pdk, prepared: Prepared, agent: string): boolean {
  const { verdicts, slow } = prepared;
  const known = verdicts.get(agent);
  if (known !== undefined) return known;
  const verdict = judge(prepared, agent);
  for (const pattern of slow) pdk.log.warn(`the pattern '${pattern}' takes too long on a user agent and was passed over`);
  slow.clear();
  if (agent.length <= LONGEST_REMEMBERED) verdicts.set(agent, verdict);
  return verdict;
}

function judge({ allow, deny }: Prepared, agent: string): boolean {
  if (allow.some((matches) => matches(agent))) return true;
  return !deny.some((matches) => matches(agent)) && !isKnownBot(agent);
}
