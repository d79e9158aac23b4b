import { type Context, createContext, Script } from "node:vm";

/** Whether a text matches; `undefined` when that would take too long to find out. */
export type BoundedPattern = (text: string) => boolean | undefined;

/** Milliseconds that one pattern may take. Honest ones take far less than one. */
const TIME_LIMIT = 20;

/** Characters up to which a single repetition cannot take long. */
const SHORT_TEXT = 512;

/** Tries patterns that may be slow, each for a limited time. One for all patterns of a configuration: it takes memory. */
export class TimeLimit {
  readonly #sandbox: { pattern: RegExp | undefined; text: string } = { pattern: undefined, text: "" };
  readonly #script = new Script("pattern.test(text)");
  #context: Context | undefined;

  /**
   * Measured: 0.2 ms a call, so only for what needs it.
   *
   * @returns `undefined` when the time is over
   */
  test(pattern: RegExp, text: string): boolean | undefined {
    this.#context ??= createContext(this.#sandbox);
    this.#sandbox.pattern = pattern;
    this.#sandbox.text = text;
    try {
      return this.#script.runInContext(this.#context, { timeout: TIME_LIMIT }) === true;
    } catch {
      return undefined;
    }
  }
}

/**
 * Bounds the time that a pattern of the configuration may take on what a client sends. Where it may take more, it is run under a time
 * limit: a client who sends the text that such a pattern is slow on must not stop the process.
 */
export function boundPattern(pattern: RegExp, limit: TimeLimit): BoundedPattern {
  const repetitions = countRepetitions(pattern.source);
  // Alternatives within the repetition, as in `(a|a)*`, multiply its ways as a second one would.
  const single = repetitions === 1 && !pattern.source.includes("|");
  const isQuick = (text: string): boolean => repetitions === 0 || (single && text.length <= SHORT_TEXT);
  return (text) => (isQuick(text) ? pattern.test(text) : limit.test(pattern, text));
}

/** Counts what may match in more than one way. References back count as well: they, too, make patterns slow. */
function countRepetitions(source: string): number {
  const references = source.match(/\\[1-9k]/g)?.length ?? 0;
  const rest = source
    .replace(/\\./g, "a")
    .replace(/\[[^\]]*\]/g, "a")
    .replace(/\(\?/g, "(");
  return references + (rest.match(/[*+?]|\{\d+(?:,\d*)?\}/g)?.length ?? 0);
}
