import type * as ast from "luaparse";
import { BREAK, type Execute, type Place } from "./completion.js";
import { type Compilation, compileCall, compileExpression, compileList, type Evaluate, type EvaluateAll } from "./expressions.js";
import { compileFor, compileForEach, compileRepeat, compileWhile } from "./loops.js";
import { type Frame, frameAt, Scope } from "./scope.js";
import { isTruthy, type LuaFunction, type LuaValue, type Run, TemplateError, typeName } from "./values.js";

/**
 * Compiles a function.
 *
 * @throws TemplateError for what templates may not contain
 */
export function compileFunction(node: ast.FunctionDeclaration, outer: Scope, compilation: Compilation): Evaluate {
  const scope = new Scope(outer);
  for (const parameter of node.parameters) {
    if (parameter.type === "VarargLiteral") throw new TemplateError("'...' is not supported");
    scope.declare(parameter.name);
  }
  const count = node.parameters.length;
  const body = compileStatements(node.body, { scope, compilation, inLoop: false });
  return (_run, frame): LuaFunction =>
    (run, args) => {
      const completion = body(run, { values: args.slice(0, count), outer: frame });
      return typeof completion === "object" ? completion : [];
    };
}

/** Compiles the statements of a block into the scope that is there. */
export function compileStatements(nodes: readonly ast.Statement[], place: Place): Execute {
  const statements = nodes.map((node) => compileStatement(node, place));
  return (run, frame) => {
    for (const execute of statements) {
      const completion = execute(run, frame);
      if (completion !== undefined) return completion;
    }
    return undefined;
  };
}

/** Compiles a block with a scope of its own. */
function compileBlock(nodes: readonly ast.Statement[], place: Place): Execute {
  const body = compileStatements(nodes, { ...place, scope: new Scope(place.scope) });
  return (run, frame) => body(run, { values: [], outer: frame });
}

function compileStatement(node: ast.Statement, place: Place): Execute {
  const { scope, compilation, inLoop } = place;
  switch (node.type) {
    case "LocalStatement":
      return compileLocal(node, place);
    case "AssignmentStatement":
      return compileAssignment(node, place);
    case "CallStatement": {
      const call = compileCall(node.expression, scope, compilation);
      return (run, frame) => void call(run, frame);
    }
    case "FunctionDeclaration":
      return compileNamedFunction(node, place);
    case "ReturnStatement":
      return compileList(node.arguments, scope, compilation);
    case "BreakStatement":
      if (!inLoop) throw new TemplateError("'break' outside of a loop");
      return () => BREAK;
    case "IfStatement":
      return compileIf(node, place);
    case "DoStatement":
      return compileBlock(node.body, place);
    case "WhileStatement":
      return compileWhile(node, place, compileStatements);
    case "RepeatStatement":
      return compileRepeat(node, place, compileStatements);
    case "ForNumericStatement":
      return compileFor(node, place, compileStatements);
    case "ForGenericStatement":
      return compileForEach(node, place, compileStatements);
    default:
      throw new TemplateError(`${node.type === "GotoStatement" ? "'goto'" : node.type} is not supported`);
  }
}

function compileLocal(node: ast.LocalStatement, { scope, compilation }: Place): Execute {
  const values = compileList(node.init, scope, compilation);
  const indexes = node.variables.map(({ name }) => scope.declare(name));
  return (run, frame) => {
    const given = values(run, frame);
    for (const [i, index] of indexes.entries()) frame.values[index] = given[i];
    return undefined;
  };
}

type Assign = (run: Run, frame: Frame, value: LuaValue) => void;

function compileAssignment(node: ast.AssignmentStatement, { scope, compilation }: Place): Execute {
  const values: EvaluateAll = compileList(node.init, scope, compilation);
  const targets = node.variables.map((variable) => compileTarget(variable, scope, compilation));
  return (run, frame) => {
    const given = values(run, frame);
    for (const [i, assign] of targets.entries()) assign(run, frame, given[i]);
    return undefined;
  };
}

function compileTarget(node: ast.Expression, scope: Scope, compilation: Compilation): Assign {
  if (node.type === "Identifier") return compileVariable(node.name, scope);
  if (node.type !== "MemberExpression" && node.type !== "IndexExpression")
    throw new TemplateError(`cannot assign to ${node.type}`);
  const base = compileExpression(node.base, scope, compilation);
  const { name } = node.type === "MemberExpression" ? node.identifier : { name: undefined };
  const key = node.type === "IndexExpression" ? compileExpression(node.index, scope, compilation) : () => name;
  return (run, frame, value) => {
    const table = base(run, frame);
    if (typeof table !== "object") throw new TemplateError(`attempt to index a ${typeName(table)} value`);
    table.set(key(run, frame), value);
  };
}

function compileVariable(name: string, scope: Scope): Assign {
  const place = scope.find(name);
  if (place === undefined) throw new TemplateError(`cannot assign to '${name}': only local variables can be changed`);
  const { up, index } = place;
  return (_run, frame, value) => {
    frameAt(frame, up).values[index] = value;
  };
}

function compileNamedFunction(node: ast.FunctionDeclaration, { scope, compilation }: Place): Execute {
  const { identifier } = node;
  if (identifier?.type !== "Identifier") throw new TemplateError("functions in tables are not supported");
  // A local function sees itself.
  if (node.isLocal) scope.declare(identifier.name);
  const assign = compileVariable(identifier.name, scope);
  const make = compileFunction(node, scope, compilation);
  return (run, frame) => void assign(run, frame, make(run, frame));
}

function compileIf(node: ast.IfStatement, place: Place): Execute {
  const clauses = node.clauses.map((clause) => ({
    condition: clause.type === "ElseClause" ? () => true : compileExpression(clause.condition, place.scope, place.compilation),
    body: compileBlock(clause.body, place),
  }));
  return (run, frame) => {
    for (const { condition, body } of clauses) if (isTruthy(condition(run, frame))) return body(run, frame);
    return undefined;
  };
}
