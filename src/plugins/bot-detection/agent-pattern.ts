import { boundPattern } from "../../util/bounded-pattern.js";
import { compilePcre } from "../../util/regex.js";

/** What a user agent is tried on. */
export type AgentPattern = (agent: string) => boolean;

/**
 * Compiles a pattern of the configuration. It counts as not matching when it takes too long.
 *
 * @param slow - told of a pattern that ran into the limit
 */
export function compileAgentPattern(source: string, slow: (source: string) => void): AgentPattern {
  const matches = boundPattern(compilePcre(source));
  return (agent) => {
    const found = matches(agent);
    if (found === undefined) slow(source);
    return found === true;
  };
}
