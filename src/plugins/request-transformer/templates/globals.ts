import { Library, libraryFunction } from "./library.js";
import { concatenable } from "./operators.js";
import { stringLibrary } from "./string-library.js";
import { type LuaFunction, type LuaValue, luaNumber, luaText, typeName } from "./values.js";

const mathLibrary = new Library(
  {
    abs: (args) => [Math.abs(args.number(1))],
    ceil: (args) => [Math.ceil(args.number(1))],
    floor: (args) => [Math.floor(args.number(1))],
    fmod: (args) => [args.number(1) % args.number(2)],
    max: (args) => [Math.max(...args.from(1).map((_, i) => args.number(i + 1)))],
    min: (args) => [Math.min(...args.from(1).map((_, i) => args.number(i + 1)))],
    sqrt: (args) => [Math.sqrt(args.number(1))],
  },
  { huge: Number.POSITIVE_INFINITY, pi: Math.PI },
);

const tableLibrary = new Library({
  concat(args, run) {
    const table = args.table(1);
    const separator = args.text(2, "");
    let text = "";
    const last = args.integer(4, table.length());
    for (let i = args.integer(3, 1); i <= last; i += 1) {
      text += concatenable(table.get(i)) + (i < last ? separator : "");
      run.chargeText(text.length);
      run.charge(1);
    }
    return [text];
  },
  insert(args, run) {
    const table = args.table(1);
    const length = table.length();
    if (!args.has(3)) table.set(length + 1, args.any(2));
    else {
      const position = args.integer(2);
      if (position < 1 || position > length + 1) throw args.fault(2, "position out of bounds");
      run.charge(length);
      for (let i = length; i >= position; i -= 1) table.set(i + 1, table.get(i));
      table.set(position, args.any(3));
    }
    return [];
  },
  remove(args, run) {
    const table = args.table(1);
    const length = table.length();
    const position = args.integer(2, length);
    if (position < 1 || position > length) return [undefined];
    const removed = table.get(position);
    run.charge(length);
    for (let i = position; i < length; i += 1) table.set(i, table.get(i + 1));
    table.set(length, undefined);
    return [removed];
  },
});

const nextIndex: LuaFunction = libraryFunction("ipairs", (args) => {
  const index = args.integer(2) + 1;
  const value = args.table(1).get(index);
  return value === undefined ? [undefined] : [index, value];
});

/** The names that every template sees beside the request: functions that neither reach outside nor keep anything. */
export const globals: ReadonlyMap<string, LuaValue> = new Map<string, LuaValue>([
  ["string", stringLibrary],
  ["math", mathLibrary],
  ["table", tableLibrary],
  ["type", libraryFunction("type", (args) => [typeName(args.any(1))])],
  ["tostring", libraryFunction("tostring", (args) => [luaText(args.any(1))])],
  [
    "tonumber",
    libraryFunction("tonumber", (args) => {
      const base = args.integer(2, 10);
      if (base === 10) return [luaNumber(args.any(1))];
      if (base < 2 || base > 36) throw args.fault(2, "base out of range");
      const text = args.text(1).trim().toLowerCase();
      const digits = "0123456789abcdefghijklmnopqrstuvwxyz".slice(0, base);
      return [text !== "" && [...text].every((char) => digits.includes(char)) ? Number.parseInt(text, base) : undefined];
    }),
  ],
  ["ipairs", libraryFunction("ipairs", (args) => [nextIndex, args.table(1), 0])],
  [
    "pairs",
    libraryFunction("pairs", (args, run) => {
      const entries = [...args.table(1).entries()];
      run.charge(entries.length);
      let at = 0;
      const next: LuaFunction = () => {
        const entry = entries[at];
        at += 1;
        return entry ?? [undefined];
      };
      return [next, args.any(1), undefined];
    }),
  ],
]);
