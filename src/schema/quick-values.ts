import type { Field } from "./field.js";
import { NotQuick, type QuickCode } from "./quick-code.js";
import { effectiveAttributes, rules } from "./rules.js";
import { deepCopy, isReference } from "./values.js";

// Generated code says `return undefined` wherever a value is not in order: the thorough way then finds out what is wrong with it.

/** Statements that leave the completed form of `given` (neither null nor absent) in the variable `to`. */
export function takeValue(code: QuickCode, field: Field, given: string, to: string): string {
  switch (field.kind) {
    case "string":
    case "number":
    case "integer":
    case "boolean":
      return `if (!(${scalarTest(code, field, given)})) return undefined; ${to} = ${given};`;
    case "array":
    case "set":
      return call(listFunction(code, field), given, to);
    case "map":
      return call(mapFunction(code, field), given, to);
    case "record":
      return call(code.addRecord(field), given, to);
    default:
      throw new NotQuick(field.kind);
  }
}

function call(name: string, given: string, to: string): string {
  return `${to} = ${name}(${given}); if (${to} === undefined) return undefined;`;
}

const typeTests: Readonly<Record<string, (given: string) => string>> = {
  string: (given) => `typeof ${given} === "string"`,
  number: (given) => `typeof ${given} === "number" && Number.isFinite(${given})`,
  integer: (given) => `Number.isInteger(${given})`,
  boolean: (given) => `typeof ${given} === "boolean"`,
};

/** An expression: the value, of a field that is no collection, has the right type and keeps all rules. */
export function scalarTest(code: QuickCode, field: Field, given: string): string {
  const type = typeTests[field.kind]?.(given);
  if (type === undefined) throw new NotQuick(field.kind);
  const tests = ruleTests(code, field, given);
  if (tests.length === 0) return type;
  const all = tests.join(" && ");
  return field.attributes.referenceable ? `${type} && (${code.value(isReference)}(${given}) || (${all}))` : `${type} && ${all}`;
}

/** Expressions, one for each rule of the field. */
export function ruleTests(code: QuickCode, field: Field, given: string): string[] {
  const attributes = effectiveAttributes(field);
  const tests: string[] = [];
  for (const { attribute, test } of rules) {
    const argument: unknown = attributes[attribute];
    if (argument === undefined || argument === null || argument === false) continue;
    if (attribute === "validator") tests.push(`${code.value(argument)}(${given}) === undefined`);
    else if (attribute === "lenMin" && argument === 1 && field.kind === "string") tests.push(`${given} !== ""`);
    else if (test) tests.push(`${code.value(test)}(${given}, ${code.literal(argument)})`);
    else tests.push(nativeTest(code, attribute, argument, given));
  }
  return tests;
}

/** The most members that are compared one by one. */
const few = 8;

function nativeTest(code: QuickCode, attribute: string, argument: unknown, given: string): string {
  switch (attribute) {
    case "eq":
      if (typeof argument === "object") throw new NotQuick(attribute);
      return `${given} === ${code.literal(argument)}`;
    case "oneOf":
    case "notOneOf": {
      const list = argument as readonly unknown[];
      const found =
        list.length <= few
          ? `(${list.map((one) => `${given} === ${code.literal(one)}`).join(" || ") || "false"})`
          : `${code.value(new Set(list))}.has(${given})`;
      return attribute === "oneOf" ? found : `!${found}`;
    }
    case "gt":
      return `${given} > ${code.literal(argument)}`;
    case "between": {
      const [least, most] = argument as readonly [number, number];
      return `${given} >= ${code.literal(least)} && ${given} <= ${code.literal(most)}`;
    }
    default:
      throw new NotQuick(attribute);
  }
}

/** Whether a list has the same member twice. */
function hasDuplicates(list: readonly unknown[]): boolean {
  if (list.length > few) return new Set(list).size < list.length;
  for (let index = 1; index < list.length; index++) if (list.indexOf(list[index]) < index) return true;
  return false;
}

function listFunction(code: QuickCode, field: Field): string {
  const { elements, kind } = field;
  const rulesHold = ruleTests(code, field, "list").map((test) => `if (!(${test})) return undefined;`);
  const unique = kind === "set" ? `if (${code.value(hasDuplicates)}(list)) list = [...new Set(list)]; else ` : "";
  const members = elements
    ? `for (let index = 0; index < list.length; index++) {
  const item = list[index];
  if (item === null || item === undefined) return undefined;
  let member;
  ${takeValue(code, elements, "item", "member")}
  ${isScalar(elements) ? "" : "list[index] = member;"}
}`
    : `list = ${code.value(deepCopy)}(list);`;
  // Copied as a whole: a list that grows member by member keeps room for more.
  return code.add(
    "list",
    `if (!Array.isArray(list)) return undefined;\n${unique}list = list.slice();\n${members}\n${rulesHold.join("\n")}\nreturn list;`,
  );
}

function isScalar({ kind }: Field): boolean {
  return Object.hasOwn(typeTests, kind);
}

/** A plain object. Those of classes, and lists, are for the thorough way. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function mapFunction(code: QuickCode, field: Field): string {
  const { keys, elements } = field;
  if (!elements) throw new NotQuick("map");
  const keyTest = keys ? ruleTests(code, keys, "key").map((test) => `if (!(${test})) return undefined;`) : [];
  const rulesHold = ruleTests(code, field, "result").map((test) => `if (!(${test})) return undefined;`);
  return code.add(
    "map",
    `if (!${code.value(isPlain)}(map)) return undefined;
const result = {};
for (const key in map) {
  if (key === "__proto__") return undefined;
  ${keyTest.join("\n")}
  const item = map[key];
  if (item === null || item === undefined) return undefined;
  let member;
  ${takeValue(code, elements, "item", "member")}
  result[key] = member;
}
${rulesHold.join("\n")}
return result;`,
  );
}
