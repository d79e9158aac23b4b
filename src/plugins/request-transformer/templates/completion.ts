import type * as ast from "luaparse";
import type { Compilation } from "./expressions.js";
import type { Frame, Scope } from "./scope.js";
import type { LuaValue, Run } from "./values.js";

/** Leaves the innermost loop. */
export const BREAK = Symbol("break");

/** What a statement does to the flow: nothing, leave the loop, or return values. */
export type Completion = undefined | typeof BREAK | readonly LuaValue[];

/** A compiled statement. */
export type Execute = (run: Run, frame: Frame) => Completion;

/** Where a statement stands. */
export interface Place {
  readonly scope: Scope;
  readonly compilation: Compilation;
  readonly inLoop: boolean;
}

/** Compiles the statements of a block into the scope of its place. */
export type CompileStatements = (nodes: readonly ast.Statement[], place: Place) => Execute;
