import type * as ast from "luaparse";
import { operators, unaryOperators } from "./operators.js";
import { type Frame, frameAt, type Scope } from "./scope.js";
import { stringLibrary } from "./string-library.js";
import { isTruthy, type LuaValue, OwnTable, type Run, TemplateError, typeName } from "./values.js";

/** A compiled expression. */
export type Evaluate = (run: Run, frame: Frame) => LuaValue;

/** A compiled expression that may have any number of values: a call. */
export type EvaluateAll = (run: Run, frame: Frame) => readonly LuaValue[];

/** What goes with a piece of code while it is compiled. */
export interface Compilation {
  /** Collects the names that are no local variables. */
  readonly globals: Set<string>;
  /** Compiles a function in the middle of an expression. */
  readonly compileFunction: (node: ast.FunctionDeclaration, scope: Scope, compilation: Compilation) => Evaluate;
}

/**
 * Compiles an expression to a closure.
 *
 * @throws TemplateError for what templates may not contain
 */
export function compileExpression(node: ast.Expression, scope: Scope, compilation: Compilation): Evaluate {
  const compile = (inner: ast.Expression): Evaluate => compileExpression(inner, scope, compilation);
  switch (node.type) {
    case "NilLiteral":
      return () => undefined;
    case "BooleanLiteral":
    case "NumericLiteral":
    case "StringLiteral": {
      const { value } = node;
      return () => value;
    }
    case "Identifier":
      return compileName(node.name, scope, compilation);
    case "MemberExpression":
      return compileIndex(compile(node.base), () => node.identifier.name, node.identifier.name);
    case "IndexExpression":
      return compileIndex(compile(node.base), compile(node.index), "?");
    case "LogicalExpression":
      return compileLogical(node.operator, compile(node.left), compile(node.right));
    case "BinaryExpression": {
      const apply = operators.get(node.operator);
      if (apply === undefined) throw new TemplateError(`the operator '${node.operator}' is not supported`);
      const left = compile(node.left);
      const right = compile(node.right);
      return (run, frame) => apply(left(run, frame), right(run, frame), run);
    }
    case "UnaryExpression": {
      const apply = unaryOperators.get(node.operator);
      if (apply === undefined) throw new TemplateError(`the operator '${node.operator}' is not supported`);
      const argument = compile(node.argument);
      return (run, frame) => apply(argument(run, frame));
    }
    case "CallExpression":
    case "StringCallExpression":
    case "TableCallExpression": {
      const call = compileCall(node, scope, compilation);
      return (run, frame) => call(run, frame)[0];
    }
    case "TableConstructorExpression":
      return compileTable(node, scope, compilation);
    case "FunctionDeclaration":
      return compilation.compileFunction(node, scope, compilation);
    default:
      throw new TemplateError("'...' is not supported");
  }
}

/** Compiles a list of expressions; of a call at its end all values count. */
export function compileList(nodes: readonly ast.Expression[], scope: Scope, compilation: Compilation): EvaluateAll {
  const last = nodes.at(-1);
  const open = last !== undefined && isCall(last) ? compileCall(last, scope, compilation) : undefined;
  const single = (open === undefined ? nodes : nodes.slice(0, -1)).map((node) => compileExpression(node, scope, compilation));
  if (open === undefined) return (run, frame) => single.map((evaluate) => evaluate(run, frame));
  if (single.length === 0) return open;
  return (run, frame) => [...single.map((evaluate) => evaluate(run, frame)), ...open(run, frame)];
}

type Call = ast.CallExpression | ast.StringCallExpression | ast.TableCallExpression;

function isCall(node: ast.Expression): node is Call {
  return node.type === "CallExpression" || node.type === "StringCallExpression" || node.type === "TableCallExpression";
}

function compileName(name: string, scope: Scope, compilation: Compilation): Evaluate {
  const place = scope.find(name);
  if (place === undefined) {
    compilation.globals.add(name);
    return (run) => run.globals(name);
  }
  const { up, index } = place;
  if (up === 0) return (_run, frame) => frame.values[index];
  return (_run, frame) => frameAt(frame, up).values[index];
}

function compileIndex(base: Evaluate, key: Evaluate, name: string): Evaluate {
  return (run, frame) => index(base(run, frame), key(run, frame), name);
}

function index(value: LuaValue, key: LuaValue, name: string): LuaValue {
  if (typeof value === "object") return value.get(key);
  if (typeof value === "string") return stringLibrary.get(key);
  throw new TemplateError(`attempt to index a ${typeName(value)} value (field '${name}')`);
}

function compileLogical(operator: string, left: Evaluate, right: Evaluate): Evaluate {
  if (operator === "and") {
    return (run, frame) => {
      const value = left(run, frame);
      return isTruthy(value) ? right(run, frame) : value;
    };
  }
  return (run, frame) => {
    const value = left(run, frame);
    return isTruthy(value) ? value : right(run, frame);
  };
}

/** Compiles a call, with all its values. */
export function compileCall(node: Call, scope: Scope, compilation: Compilation): EvaluateAll {
  const args = compileList(argumentsOf(node), scope, compilation);
  const { base } = node;
  if (base.type === "MemberExpression" && base.indexer === ":") {
    const self = compileExpression(base.base, scope, compilation);
    const { name } = base.identifier;
    return (run, frame) => {
      const value = self(run, frame);
      return run.call(index(value, name, name), [value, ...args(run, frame)], `method '${name}'`);
    };
  }
  const callee = compileExpression(base, scope, compilation);
  const what =
    base.type === "Identifier"
      ? `'${base.name}'`
      : base.type === "MemberExpression"
        ? `field '${base.identifier.name}'`
        : "a value";
  return (run, frame) => run.call(callee(run, frame), args(run, frame), what);
}

function argumentsOf(node: Call): readonly ast.Expression[] {
  if (node.type === "CallExpression") return node.arguments;
  return [node.type === "StringCallExpression" ? node.argument : node.arguments];
}

function compileTable(node: ast.TableConstructorExpression, scope: Scope, compilation: Compilation): Evaluate {
  const positional: ast.Expression[] = [];
  const named: { readonly key: Evaluate; readonly value: Evaluate }[] = [];
  for (const field of node.fields) {
    if (field.type === "TableValue") {
      positional.push(field.value);
      continue;
    }
    const { key } = field;
    const name = field.type === "TableKeyString" ? field.key.name : undefined;
    named.push({
      key: name === undefined ? compileExpression(key, scope, compilation) : () => name,
      value: compileExpression(field.value, scope, compilation),
    });
  }
  const items = compileList(positional, scope, compilation);
  return (run, frame) => {
    const table = new OwnTable();
    for (const { key, value } of named) table.set(key(run, frame), value(run, frame));
    for (const [i, item] of items(run, frame).entries()) table.set(i + 1, item);
    return table;
  };
}
