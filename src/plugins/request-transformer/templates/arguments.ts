import { type LuaTable, type LuaValue, luaNumber, numberText, TemplateError, typeName } from "./values.js";

/** The arguments of one call of a library function, read with Lua's conversions and error texts. Positions count from 1. */
export class Arguments {
  readonly #name: string;
  readonly #values: readonly LuaValue[];

  constructor(name: string, values: readonly LuaValue[]) {
    this.#name = name;
    this.#values = values;
  }

  any(position: number): LuaValue {
    return this.#values[position - 1];
  }

  from(position: number): readonly LuaValue[] {
    return this.#values.slice(position - 1);
  }

  has(position: number): boolean {
    return this.#values[position - 1] !== undefined;
  }

  text(position: number, absent?: string): string {
    const value = this.#values[position - 1];
    if (typeof value === "string") return value;
    if (typeof value === "number") return numberText(value);
    if (value === undefined && absent !== undefined) return absent;
    throw this.#wrong(position, "string");
  }

  number(position: number, absent?: number): number {
    const value = this.#values[position - 1];
    const number = luaNumber(value);
    if (number !== undefined) return number;
    if (value === undefined && absent !== undefined) return absent;
    throw this.#wrong(position, "number");
  }

  integer(position: number, absent?: number): number {
    return Math.trunc(this.number(position, absent)) || 0;
  }

  table(position: number): LuaTable {
    const value = this.#values[position - 1];
    if (typeof value === "object") return value;
    throw this.#wrong(position, "table");
  }

  fault(position: number, problem: string): TemplateError {
    return new TemplateError(`bad argument #${position} to '${this.#name}' (${problem})`);
  }

  #wrong(position: number, expected: string): TemplateError {
    const value = this.#values[position - 1];
    return this.fault(position, `${expected} expected, got ${value === undefined ? "no value" : typeName(value)}`);
  }
}
