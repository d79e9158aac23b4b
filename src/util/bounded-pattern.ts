import { type Context, createContext, Script } from "node:vm";

/** Milliseconds that one pattern may take on one text. Honest ones take far less than one. */
const TIME_LIMIT = 20;

/** Steps that may be taken without looking at the clock: some milliseconds. */
const STEPS = 2_000_000;

/** Characters on which even a pattern that tries all combinations takes no longer than that. */
const FEW = 20;

/** Runs patterns for a limited time. Holds nothing but what it is just working on. */
class TimeLimit {
  readonly #sandbox: { pattern: RegExp | undefined; text: string } = { pattern: undefined, text: "" };
  #script: Script | undefined;
  #context: Context | undefined;

  /** Measured: 0.2 ms a call, so only for what needs it. `undefined` when the time is over. */
  exec(pattern: RegExp, text: string): RegExpExecArray | null | undefined {
    this.#script ??= new Script("pattern.exec(text)");
    this.#context ??= createContext(this.#sandbox);
    this.#sandbox.pattern = pattern;
    this.#sandbox.text = text;
    try {
      return this.#script.runInContext(this.#context, { timeout: TIME_LIMIT }) as RegExpExecArray | null;
    } catch {
      return undefined;
    } finally {
      this.#sandbox.pattern = undefined;
      this.#sandbox.text = "";
    }
  }
}

// One for all: it takes memory, and keeps nothing from one call to the next.
const limit = new TimeLimit();

/** Whether a text matches; `undefined` when that would take too long to find out. */
export type BoundedPattern = (text: string) => boolean | undefined;

/**
 * Bounds the time that a pattern of the configuration may take on what a client sends: a client who sends the text that such a pattern is
 * slow on must not stop the process.
 */
export function boundPattern(pattern: RegExp): BoundedPattern {
  const most = harmlessLength(pattern);
  return (text) => {
    if (text.length <= most) return pattern.test(text);
    const found = limit.exec(pattern, text);
    return found === undefined ? undefined : found !== null;
  };
}

/**
 * As {@link boundPattern}, for those who need a regular expression. The pattern itself when it cannot take long on any text.
 *
 * @returns one whose `exec` and `test` throw an Error when the time is over
 */
export function boundRegExp(pattern: RegExp): RegExp {
  const most = harmlessLength(pattern);
  return most === Number.POSITIVE_INFINITY ? pattern : new BoundedRegExp(pattern, most);
}

class BoundedRegExp extends RegExp {
  readonly #plain: RegExp;
  readonly #most: number;

  constructor(pattern: RegExp, most: number) {
    super(pattern.source, pattern.flags);
    this.#plain = pattern;
    this.#most = most;
  }

  override exec(text: string): RegExpExecArray | null {
    if (text.length <= this.#most) return super.exec(text);
    this.#plain.lastIndex = this.lastIndex;
    const found = limit.exec(this.#plain, text);
    this.lastIndex = this.#plain.lastIndex;
    if (found === undefined) throw new Error(`the pattern '${this.source}' takes too long on what a client has sent`);
    return found;
  }
}

/** Characters up to which a text is harmless for a pattern, going by how the pattern is built. */
function harmlessLength({ source, sticky }: RegExp): number {
  const { nested, repetitions } = repetitionsIn(source);
  if (nested || /\\[1-9k]/.test(source)) return FEW;
  // One that may begin anywhere is tried from each character on.
  const powers = repetitions + (sticky || source.startsWith("^") ? 0 : 1);
  return repetitions === 0 || powers === 1 ? Number.POSITIVE_INFINITY : Math.floor(STEPS ** (1 / powers));
}

interface Group {
  /** What is in it may match in more ways than one. */
  ambiguous: boolean;
}

/**
 * Counts what repeats without end, and finds out whether something repeats that can match in more ways than one, as in `(a+)+` and `(a|a)*`:
 * that doubles the work with each character.
 */
function repetitionsIn(source: string): { readonly nested: boolean; readonly repetitions: number } {
  const groups: Group[] = [{ ambiguous: false }];
  const rest = source
    .replace(/\\./gs, "a")
    .replace(/\[[^\]]*\]/g, "a")
    .replace(/\(\?(?:[:=!]|<[=!]|<\w+>)/g, "(");
  let repetitions = 0;
  for (let at = 0; at < rest.length; at += 1) {
    const inner = groups.at(-1) as Group;
    if (rest[at] === "(") groups.push({ ambiguous: false });
    else if (rest[at] === "|") inner.ambiguous = true;
    if (rest[at] === "(" || rest[at] === "|") continue;
    if (rest[at] === ")" && groups.length > 1) groups.pop();
    const [, quantifier = "", least = "", most = ""] = /^(?:([*+?])|\{(\d+)(,\d*)?\})/.exec(rest.slice(at + 1)) ?? [];
    const endless = quantifier === "*" || quantifier === "+" || most === ",";
    const repeats = endless || Number(most.slice(1)) > 1 || Number(least) > 1;
    if (repeats && rest[at] === ")" && inner.ambiguous) return { nested: true, repetitions };
    if (endless) repetitions += 1;
    const outer = groups.at(-1) as Group;
    outer.ambiguous ||= quantifier !== "" || most !== "" || (rest[at] === ")" && inner.ambiguous);
  }
  return { nested: false, repetitions };
}
