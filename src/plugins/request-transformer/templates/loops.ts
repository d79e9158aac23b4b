import type * as ast from "luaparse";
import { BREAK, type CompileStatements, type Completion, type Execute, type Place } from "./completion.js";
import { compileExpression, compileList } from "./expressions.js";
import { type Frame, Scope } from "./scope.js";
import { isTruthy, type LuaValue, luaNumber, type Run, TemplateError } from "./values.js";

/** One round of a loop, with the values of the loop's variables. */
type Round = (run: Run, outer: Frame, values: LuaValue[]) => Completion;

/** Each round has variables of its own, so that functions made in it keep theirs. */
function compileRound(names: readonly string[], body: readonly ast.Statement[], place: Place, compile: CompileStatements): Round {
  const scope = new Scope(place.scope);
  for (const name of names) scope.declare(name);
  const execute = compile(body, { ...place, scope, inLoop: true });
  return (run, outer, values) => {
    run.charge(1);
    return execute(run, { values, outer });
  };
}

/** `for i = start, end, step`. */
export function compileFor(node: ast.ForNumericStatement, place: Place, compile: CompileStatements): Execute {
  const bounds = [node.start, node.end, ...(node.step === null ? [] : [node.step])].map((bound) =>
    compileExpression(bound, place.scope, place.compilation),
  );
  const round = compileRound([node.variable.name], node.body, place, compile);
  return (run, frame) => {
    const [start = 0, end = 0, step = 1] = bounds.map((bound, i) => boundOf(bound(run, frame), i));
    for (let value = start; step > 0 ? value <= end : value >= end; value += step) {
      const completion = round(run, frame, [value]);
      if (completion === BREAK) return undefined;
      if (completion !== undefined) return completion;
    }
    return undefined;
  };
}

function boundOf(value: LuaValue, position: number): number {
  const number = luaNumber(value);
  const what = ["initial value", "limit", "step"][position];
  if (number === undefined) throw new TemplateError(`'for' ${what} must be a number`);
  return number;
}

/** `for a, b in iterator, state, control`. */
export function compileForEach(node: ast.ForGenericStatement, place: Place, compile: CompileStatements): Execute {
  const iterators = compileList(node.iterators, place.scope, place.compilation);
  const names = node.variables.map(({ name }) => name);
  const round = compileRound(names, node.body, place, compile);
  return (run, frame) => {
    const [next, state, initial] = iterators(run, frame);
    let control = initial;
    for (;;) {
      const values = run.call(next, [state, control], "the iterator of 'for'");
      control = values[0];
      if (control === undefined) return undefined;
      const completion = round(run, frame, values.slice(0, names.length));
      if (completion === BREAK) return undefined;
      if (completion !== undefined) return completion;
    }
  };
}

/** `while`. */
export function compileWhile(node: ast.WhileStatement, place: Place, compile: CompileStatements): Execute {
  const condition = compileExpression(node.condition, place.scope, place.compilation);
  const round = compileRound([], node.body, place, compile);
  return (run, frame) => {
    while (isTruthy(condition(run, frame))) {
      const completion = round(run, frame, []);
      if (completion === BREAK) return undefined;
      if (completion !== undefined) return completion;
    }
    return undefined;
  };
}

/** `repeat … until`: the condition sees the variables of the body. */
export function compileRepeat(node: ast.RepeatStatement, place: Place, compile: CompileStatements): Execute {
  const scope = new Scope(place.scope);
  const body = compile(node.body, { ...place, scope, inLoop: true });
  const condition = compileExpression(node.condition, scope, place.compilation);
  return (run, outer) => {
    for (;;) {
      run.charge(1);
      const frame: Frame = { values: [], outer };
      const completion = body(run, frame);
      if (completion === BREAK) return undefined;
      if (completion !== undefined) return completion;
      if (isTruthy(condition(run, frame))) return undefined;
    }
  };
}
