import { isTruthy, type LuaValue, luaNumber, numberText, type Run, TemplateError, typeName } from "./values.js";

/** An operator of two values. `and` and `or` are not among them: they may leave their right side alone. */
export type Operator = (left: LuaValue, right: LuaValue, run: Run) => LuaValue;

function arithmetic(apply: (left: number, right: number) => number): Operator {
  return (left, right) => apply(operand(left), operand(right));
}

function operand(value: LuaValue): number {
  const number = luaNumber(value);
  if (number === undefined) throw new TemplateError(`attempt to perform arithmetic on a ${typeName(value)} value`);
  return number;
}

function order(left: LuaValue, right: LuaValue): number {
  if (typeof left === "number" && typeof right === "number")
    return left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN;
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  const types = [typeName(left), typeName(right)];
  throw new TemplateError(
    types[0] === types[1] ? `attempt to compare two ${types[0]} values` : `attempt to compare ${types[0]} with ${types[1]}`,
  );
}

/** The text of a value that `..` takes. */
export function concatenable(value: LuaValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberText(value);
  throw new TemplateError(`attempt to concatenate a ${typeName(value)} value`);
}

/** Lua's operators of two values, by their signs. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["+", arithmetic((left, right) => left + right)],
  ["-", arithmetic((left, right) => left - right)],
  ["*", arithmetic((left, right) => left * right)],
  ["/", arithmetic((left, right) => left / right)],
  ["%", arithmetic((left, right) => left - Math.floor(left / right) * right)],
  ["^", arithmetic((left, right) => left ** right)],
  ["==", (left, right) => left === right],
  ["~=", (left, right) => left !== right],
  ["<", (left, right) => order(left, right) < 0],
  ["<=", (left, right) => order(left, right) <= 0],
  [">", (left, right) => order(left, right) > 0],
  [">=", (left, right) => order(left, right) >= 0],
  [
    "..",
    (left, right, run) => {
      const text = concatenable(left) + concatenable(right);
      run.chargeText(text.length);
      return text;
    },
  ],
]);

/** Lua's operators of one value. */
export const unaryOperators: ReadonlyMap<string, (value: LuaValue) => LuaValue> = new Map([
  ["not", (value: LuaValue): LuaValue => !isTruthy(value)],
  ["-", (value: LuaValue): LuaValue => -operand(value)],
  [
    "#",
    (value: LuaValue): LuaValue => {
      if (typeof value === "string") return value.length;
      if (typeof value === "object") return value.length();
      throw new TemplateError(`attempt to get length of a ${typeName(value)} value`);
    },
  ],
]);
