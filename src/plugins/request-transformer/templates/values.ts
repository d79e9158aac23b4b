/** A fault in a template: at load when its code is refused, on a request when its code fails. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/**
 * A value of Lua. Texts hold one byte a character, as in Lua, so that lengths and positions are Lua's; see {@link toBytes}. `undefined`
 * is nil.
 */
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction;

/** A function of Lua: any number of arguments, any number of results. */
export type LuaFunction = (run: Run, args: readonly LuaValue[]) => readonly LuaValue[];

/** Something that can be indexed. */
export interface LuaTable {
  get(key: LuaValue): LuaValue;
  /** @throws TemplateError for a table that belongs to the gateway */
  set(key: LuaValue, value: LuaValue): void;
  /** What `#` gives. */
  length(): number;
  entries(): Iterable<readonly [LuaValue, LuaValue]>;
  /** What the table is as text. */
  text(): string;
}

/** Loop rounds, calls, steps of patterns and pieces of text that one rendering may take. More than any honest template needs. */
const MOST_STEPS = 100_000;
const MOST_DEPTH = 100;
const MOST_TEXT = 1_048_576;

/** One rendering: what its code sees, and how much of its allowance is left. */
export class Run {
  readonly globals: (name: string) => LuaValue;
  #steps = MOST_STEPS;
  #depth = 0;

  constructor(globals: (name: string) => LuaValue) {
    this.globals = globals;
  }

  /** @throws TemplateError when the allowance is used up */
  charge(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new TemplateError("the template takes too long");
  }

  /** Accounts for a text that is about to be made. */
  chargeText(length: number): void {
    if (length > MOST_TEXT) throw new TemplateError("the template makes too long a text");
    this.charge(length >> 8);
  }

  call(callee: LuaValue, args: readonly LuaValue[], what: string): readonly LuaValue[] {
    if (typeof callee !== "function") throw new TemplateError(`attempt to call ${what} (a ${typeName(callee)} value)`);
    this.charge(1);
    if (this.#depth >= MOST_DEPTH) throw new TemplateError("stack overflow");
    this.#depth += 1;
    const results = callee(this, args);
    this.#depth -= 1;
    return results;
  }
}

/** A table that a template made. */
export class OwnTable implements LuaTable {
  readonly #values = new Map<LuaValue, LuaValue>();
  #border = 0;

  get(key: LuaValue): LuaValue {
    return this.#values.get(key);
  }

  set(key: LuaValue, value: LuaValue): void {
    if (key === undefined || Number.isNaN(key)) throw new TemplateError(`table index is ${key === undefined ? "nil" : "NaN"}`);
    if (value === undefined) {
      this.#values.delete(key);
      if (key === this.#border) this.#border -= 1;
      return;
    }
    this.#values.set(key, value);
    if (key === this.#border + 1) while (this.#values.has(this.#border + 1)) this.#border += 1;
  }

  length(): number {
    return this.#border;
  }

  /** A copy, since Lua lets a loop change the fields that it passes. */
  entries(): Iterable<readonly [LuaValue, LuaValue]> {
    return [...this.#values];
  }

  text(): string {
    return "table";
  }
}

/**
 * What belongs to the gateway: an object or a list of JavaScript, as a table that cannot be written to. Only own members are seen, and of
 * those only texts, numbers, booleans, lists and objects.
 */
export class HostTable implements LuaTable {
  readonly #value: object;

  constructor(value: object) {
    this.#value = value;
  }

  get(key: LuaValue): LuaValue {
    const value = this.#value;
    if (Array.isArray(value)) return typeof key === "number" ? fromHost(value[key - 1]) : undefined;
    if (typeof key !== "string" && typeof key !== "number") return undefined;
    const name = typeof key === "number" ? String(key) : toText(key);
    return Object.hasOwn(value, name) ? fromHost((value as Record<string, unknown>)[name]) : undefined;
  }

  set(): void {
    throw new TemplateError("this environment is read-only");
  }

  length(): number {
    return Array.isArray(this.#value) ? this.#value.length : 0;
  }

  entries(): Iterable<readonly [LuaValue, LuaValue]> {
    const { isArray } = Array;
    if (isArray(this.#value)) return this.#value.map((item, i) => [i + 1, fromHost(item)] as const);
    return Object.entries(this.#value).map(([name, item]) => [toBytes(name), fromHost(item)] as const);
  }

  /** The members of a list with commas between them, as a header that came in several lines would be joined. */
  text(): string {
    return Array.isArray(this.#value) ? this.#value.map((item) => luaText(fromHost(item))).join(", ") : "table";
  }
}

/** What a template sees of a value of JavaScript. */
export function fromHost(value: unknown): LuaValue {
  switch (typeof value) {
    case "string":
      return toBytes(value);
    case "number":
    case "boolean":
      return value;
    case "object":
      return value === null ? undefined : new HostTable(value);
    default:
      return undefined;
  }
}

const beyondAscii = /[^\0-\x7f]/;
const beyondLatin1 = /[^\0-\xff]/;

/** Text as Lua has it: the bytes of its UTF-8 form, one a character. */
export function toBytes(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** The text that bytes stand for; bytes that are not UTF-8 are taken as Latin-1. */
export function toText(bytes: string): string {
  if (!beyondAscii.test(bytes) || beyondLatin1.test(bytes)) return bytes;
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return text.includes("\ufffd") ? bytes : text;
}

/** Lua's name of a value's type. */
export function typeName(value: LuaValue): string {
  switch (typeof value) {
    case "undefined":
      return "nil";
    case "object":
      return "table";
    default:
      return typeof value;
  }
}

/** What Lua's `tostring` gives. */
export function luaText(value: LuaValue): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return numberText(value);
    case "boolean":
      return String(value);
    case "undefined":
      return "nil";
    case "object":
      return value.text();
    default:
      return "function";
  }
}

/** A number as Lua writes it: 14 significant digits. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? "-0" : String(value);
  return generalForm(value, 14);
}

/** The `%g` of C, without flags. */
export function generalForm(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const digits = Math.max(precision, 1);
  const exponential = value.toExponential(digits - 1);
  const exponent = Number(exponential.slice(exponential.indexOf("e") + 1));
  if (exponent >= -4 && exponent < digits) return withoutZeros(value.toFixed(Math.max(digits - 1 - exponent, 0)));
  return cExponent(withoutZeros(exponential));
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+(?=e|$)/, "") : text;
}

/** C writes at least two digits of an exponent. */
export function cExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** The number that a value stands for, as Lua's `tonumber` and arithmetic find it. */
export function luaNumber(value: LuaValue): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^[+-]?0x[0-9a-f]+$/i.test(text)) {
    return text.startsWith("-") ? -Number(text.slice(1)) : Number(text.replace("+", ""));
  }
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** Everything but nil and `false` counts as true. */
export function isTruthy(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}
