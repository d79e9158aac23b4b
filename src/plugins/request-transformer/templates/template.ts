import type * as luaparse from "luaparse";
import { lazyRequire } from "../../../util/lazy-require.js";
import { type Compilation, compileExpression, type Evaluate } from "./expressions.js";
import { globals } from "./globals.js";
import type { Frame } from "./scope.js";
import { Scope } from "./scope.js";
import { compileFunction } from "./statements.js";
import { isTruthy, type LuaValue, luaText, Run, TemplateError, toBytes } from "./values.js";

const lua = lazyRequire<typeof luaparse>("luaparse");

/** What a template sees of a request, by name. */
export interface Environment {
  lookUp(name: string): LuaValue;
}

/** A text with `$(…)` in it, compiled. */
export interface Template {
  /** The names that its code uses and does not define; `undefined` for a plain text. */
  readonly names: ReadonlySet<string> | undefined;
  /**
   * @returns bytes, one a character
   * @throws TemplateError when the code fails
   */
  render(environment: Environment): string;
}

const outermost: Frame = { values: [], outer: null };

/**
 * Compiles a text in which every `$(…)` holds an expression of Lua.
 *
 * @throws TemplateError with the reason, for code that is not Lua or goes beyond what templates may do
 */
export function compileTemplate(source: string): Template {
  const compilation: Compilation = { globals: new Set(), compileFunction };
  const pieces: (string | Evaluate)[] = [];
  let at = 0;
  for (const { start, end } of expressionsIn(source)) {
    if (start > at) pieces.push(toBytes(source.slice(at, start)));
    pieces.push(compileCode(source.slice(start + 2, end - 1), compilation));
    at = end;
  }
  if (at < source.length) pieces.push(toBytes(source.slice(at)));
  const [only] = pieces;
  if (pieces.length <= 1 && typeof only !== "function") {
    const text = only ?? "";
    return { names: undefined, render: () => text };
  }
  return { names: compilation.globals, render: (environment) => render(source, pieces, environment) };
}

function render(source: string, pieces: readonly (string | Evaluate)[], environment: Environment): string {
  const run = new Run((name) => environment.lookUp(name) ?? globals.get(name));
  let text = "";
  try {
    for (const piece of pieces) {
      if (typeof piece === "string") text += piece;
      else {
        const value = piece(run, outermost);
        if (isTruthy(value)) text += luaText(value);
      }
    }
  } catch (error) {
    // Code that was compiled can fail otherwise only by running out of JavaScript's stack.
    if (!(error instanceof TemplateError || error instanceof RangeError)) throw error;
    const reason = error instanceof RangeError ? "stack overflow" : error.message;
    throw new TemplateError(`failed to render the template ${source}, error: ${reason}`);
  }
  return text;
}

/** Each `$(` up to the parenthesis that closes it, quotes or not. One that is never closed is plain text. */
function* expressionsIn(source: string): Iterable<{ readonly start: number; readonly end: number }> {
  let start = source.indexOf("$(");
  if (start === -1) return;
  const closing = closingParentheses(source);
  while (start !== -1) {
    const end = closing.get(start + 1);
    if (end !== undefined) yield { start, end };
    start = source.indexOf("$(", end ?? start + 2);
  }
}

/** For each parenthesis that is closed, the position behind the one that closes it. */
function closingParentheses(source: string): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < source.length; i += 1) {
    const char = source.charCodeAt(i);
    if (char === 40) open.push(i);
    else if (char === 41) {
      const opened = open.pop();
      if (opened !== undefined) closing.set(opened, i + 1);
    }
  }
  return closing;
}

function compileCode(code: string, compilation: Compilation): Evaluate {
  try {
    // One byte a character, so that the parser, too, sees texts as bytes.
    const { body } = lua().parse(`return (${toBytes(code)}\n)`, {
      luaVersion: "LuaJIT",
      encodingMode: "pseudo-latin1",
      comments: false,
    });
    const [statement] = body;
    if (body.length !== 1 || statement?.type !== "ReturnStatement" || statement.arguments.length !== 1) {
      throw new TemplateError("a single expression is needed");
    }
    return compileExpression(statement.arguments[0] as luaparse.Expression, new Scope(null), compilation);
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    if (error instanceof RangeError) throw new TemplateError("the expression is too deep");
    throw new TemplateError((error as Error).message.replace(/^\[\d+:\d+\] /, ""));
  }
}
