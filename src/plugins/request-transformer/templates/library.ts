import { Arguments } from "./arguments.js";
import type { LuaFunction, LuaTable, LuaValue, Run } from "./values.js";
import { TemplateError } from "./values.js";

/** A library function: what it gets, and its results. */
export type LibraryFunction = (args: Arguments, run: Run) => readonly LuaValue[];

/** A table of library functions. It cannot be written to, since all templates share it. */
export class Library implements LuaTable {
  readonly #members = new Map<LuaValue, LuaValue>();

  constructor(functions: Readonly<Record<string, LibraryFunction>>, values: Readonly<Record<string, LuaValue>> = {}) {
    for (const [name, body] of Object.entries(functions)) this.#members.set(name, libraryFunction(name, body));
    for (const [name, value] of Object.entries(values)) this.#members.set(name, value);
  }

  get(key: LuaValue): LuaValue {
    return this.#members.get(key);
  }

  set(): void {
    throw new TemplateError("this environment is read-only");
  }

  length(): number {
    return 0;
  }

  entries(): Iterable<readonly [LuaValue, LuaValue]> {
    return this.#members;
  }

  text(): string {
    return "table";
  }
}

/** Makes a function that templates can call. */
export function libraryFunction(name: string, body: LibraryFunction): LuaFunction {
  return (run, args) => body(new Arguments(name, args), run);
}
