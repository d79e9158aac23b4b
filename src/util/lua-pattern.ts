/** The classes of Lua's patterns, as what stands between the brackets of a regular expression. ASCII, as in the C locale. */
const classes: Readonly<Record<string, string>> = {
  a: "A-Za-z",
  c: "\\x00-\\x1f\\x7f",
  d: "0-9",
  g: "!-~",
  l: "a-z",
  p: "!-\\/:-@\\[-`{-~",
  s: "\\t-\\r ",
  u: "A-Z",
  w: "A-Za-z0-9",
  x: "A-Fa-f0-9",
};

const QUANTIFIERS: Readonly<Record<string, string>> = { "*": "*", "+": "+", "?": "?", "-": "*?" };

/**
 * Translates a pattern of Lua (reference manual of 5.1, section 5.4.1) into a regular expression.
 *
 * @throws Error for what regular expressions have not (`%b`, `%f`, back references) and for what is no pattern
 */
export function luaPattern(pattern: string): RegExp {
  return new Translation(pattern).regExp();
}

class Translation {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  regExp(): RegExp {
    let source = "";
    if (this.#takes("^")) source = "^";
    while (this.#at < this.#pattern.length) source += this.#item();
    try {
      return new RegExp(source, "s");
    } catch (error) {
      throw this.#fault("it is malformed", error);
    }
  }

  #item(): string {
    const character = this.#next();
    if (character === "(") {
      if (this.#pattern[this.#at] === ")") throw this.#fault("position captures are not supported");
      return "(";
    }
    if (character === ")") return ")";
    if (character === "$" && this.#at === this.#pattern.length) return "$";
    const single = character === "." ? "." : this.#single(character);
    const quantifier = QUANTIFIERS[this.#pattern[this.#at] ?? ""];
    if (quantifier === undefined) return single;
    this.#at += 1;
    return single + quantifier;
  }

  #single(character: string): string {
    if (character === "[") return this.#set();
    return character === "%" ? escaped(this.#classMembers()) : literal(character);
  }

  /** `[…]`, in which `]` is a plain character where it comes first. */
  #set(): string {
    const isNegated = this.#takes("^");
    let members = "";
    let complements = "";
    for (let isFirst = true; isFirst || this.#pattern[this.#at] !== "]"; isFirst = false) {
      const character = this.#next();
      if (character !== "%") {
        const to = this.#pattern[this.#at + 1];
        if (this.#pattern[this.#at] === "-" && to !== undefined && to !== "]") {
          this.#at += 2;
          members += `${member(character)}-${member(to)}`;
        } else members += member(character);
        continue;
      }
      const found = this.#classMembers();
      if (found.isComplement) complements += `|${escaped(found)}`;
      else members += found.members;
    }
    this.#at += 1;
    if (complements === "") return isNegated ? `[^${members}]` : `[${members}]`;
    const either = `(?:[${members}]${complements})`;
    return isNegated ? `(?:(?!${either}).)` : either;
  }

  /** What follows a percent sign. */
  #classMembers(): { readonly members: string; readonly isComplement: boolean } {
    const letter = this.#next();
    const members = classes[letter.toLowerCase()];
    if (members !== undefined) return { members, isComplement: letter !== letter.toLowerCase() };
    if (/[\dbf]/.test(letter)) throw this.#fault(`'%${letter}' is not supported`);
    return { members: member(letter), isComplement: false };
  }

  #takes(character: string): boolean {
    const isThere = this.#pattern[this.#at] === character;
    if (isThere) this.#at += 1;
    return isThere;
  }

  #next(): string {
    const character = this.#pattern[this.#at];
    if (character === undefined) throw this.#fault("it is malformed");
    this.#at += 1;
    return character;
  }

  #fault(reason: string, cause?: unknown): Error {
    return new Error(`the Lua pattern '${this.#pattern}' cannot be used: ${reason}`, cause === undefined ? {} : { cause });
  }
}

function escaped({ members, isComplement }: { readonly members: string; readonly isComplement: boolean }): string {
  return isComplement ? `[^${members}]` : `[${members}]`;
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}

function member(character: string): string {
  return character.replace(/[\\^\]\-[]/, "\\$&");
}
