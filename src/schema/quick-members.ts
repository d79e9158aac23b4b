import { autoValue } from "./auto.js";
import { missingValue } from "./complete.js";
import type { Field, Fields, Shorthands } from "./field.js";
import { NotQuick, QuickCode } from "./quick-code.js";
import { isPlain, ruleTests, takeValue } from "./quick-values.js";
import { acceptsNull } from "./validation-schema.js";

/** Parts of a generated function that reads the members of `given`. */
export interface QuickMembers {
  /** Declares a variable for each field, with what stands for an absent one. */
  readonly declare: string;
  /** Puts what is given into the variables. */
  readonly take: string;
  /** Fills what is still missing. */
  readonly settle: string;
  /** The finished record. */
  readonly literal: string;
}

/** What only records of entities have. */
export interface QuickEntityParts {
  /** The primary key: its value is in the variable `id`. */
  readonly idField: string | undefined;
  /** Members that are no fields: the lists of children. */
  readonly ignored: ReadonlySet<string>;
  /** References, in the order in which `link` counts them. */
  readonly references: readonly string[];
}

/** @param entity - none for records within records */
export function quickMembers(code: QuickCode, fields: Fields, shorthands: Shorthands, entity?: QuickEntityParts): QuickMembers {
  const names = Object.keys(fields);
  if (names.includes("__proto__")) throw new NotQuick("__proto__");
  for (const name of Object.keys(shorthands)) if (Object.hasOwn(fields, name)) throw new NotQuick("settled shorthands");
  const variables = new Map(names.map((name) => [name, code.name("v")]));
  const declare: string[] = [];
  const cases: string[] = [];
  const settle: string[] = [];
  for (const [name, variable] of variables) {
    const field = fields[name] as Field;
    const member =
      field.kind === "foreign" ? foreignMember(name, field, variable, entity) : ownMember(code, name, field, variable, entity);
    declare.push(`let ${variable} = ${member.absent};`);
    cases.push(`case ${JSON.stringify(name)}: ${member.take} break;`);
    settle.push(member.settle);
  }
  for (const name of entity?.ignored ?? []) if (!Object.hasOwn(fields, name)) cases.push(`case ${JSON.stringify(name)}: break;`);
  const long = entity ? quickShorthand(code, shorthands) : undefined;
  if (long) cases.push(long.take);
  return {
    declare: [...declare, long?.declare ?? ""].join("\n"),
    take: `for (let from = given; ; ) {
  for (const key in from) {
    const value = from[key];
    if (value === undefined) continue;
    switch (key) {
      ${cases.join("\n      ")}
      default: return undefined;
    }
  }
  ${long?.next ?? "break;"}
}`,
    settle: settle.join("\n"),
    literal: `{ ${[...variables].map(([name, variable]) => `${JSON.stringify(name)}: ${variable}`).join(", ")} }`,
  };
}

interface Member {
  readonly absent: string;
  readonly take: string;
  readonly settle: string;
}

const refuse = "return undefined;";

function ownMember(code: QuickCode, name: string, field: Field, variable: string, entity: QuickEntityParts | undefined): Member {
  if (field.attributes.eq === null && field.required) throw new NotQuick("eq");
  if (field.attributes.eq === null) return { absent: "null", take: `if (value !== null) ${refuse}`, settle: "" };
  const nullable = acceptsNull(field, field.required);
  if (field.attributes.auto) {
    if (!entity) throw new NotQuick("auto");
    return autoMember(code, name, field, variable, entity);
  }
  const preset = missing(code, field);
  const onNull = nullable ? `${variable} = null` : refuse;
  return {
    absent: preset ?? "undefined",
    take: `if (value === null) { ${onNull} } else { ${takeValue(code, field, "value", variable)} }`,
    settle: preset === undefined ? `if (${variable} === undefined) ${refuse}` : "",
  };
}

/** What stands for an absent field; `undefined` where that is a fault. Completed once and shared by all records, hence frozen. */
function missing(code: QuickCode, field: Field): string | undefined {
  const preset = missingValue(field);
  if (preset === null) return acceptsNull(field, field.required) ? "null" : undefined;
  const probe = new QuickCode(recordFunction);
  const name = probe.add("value", `let result; ${takeValue(probe, field, "value", "result")} return result;`);
  const completed = probe.compile<(value: unknown) => unknown>(name)(preset);
  return completed === undefined ? undefined : code.literal(deepFreeze(completed));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

/** `clock` has one moment for all records of a load. */
function autoMember(code: QuickCode, name: string, field: Field, variable: string, { idField }: QuickEntityParts): Member {
  const isTime = name === "updated_at" || name === "created_at";
  if (isTime) {
    const moment = field.kind === "integer" ? "clock.seconds" : "clock.precise";
    const take = name === "updated_at" ? "" : `if (value !== null) { ${takeValue(code, field, "value", variable)} }`;
    return { absent: moment, take, settle: "" };
  }
  if (name === idField) {
    // Null is as good as none. What has been derived is sound.
    return { absent: "id", take: `if (value !== null) { ${takeValue(code, field, "value", variable)} }`, settle: "" };
  }
  const fill = `${code.value(autoValue)}(${JSON.stringify(name)}, ${code.value(field)}, undefined, Date.now) ?? null`;
  return {
    absent: "undefined",
    take: `if (value === null) ${refuse} ${takeValue(code, field, "value", variable)}`,
    settle: `if (${variable} === undefined) ${variable} = ${fill};`,
  };
}

/** References are looked up when everything else has been read. */
function foreignMember(name: string, field: Field, variable: string, entity: QuickEntityParts | undefined): Member {
  const index = entity?.references.indexOf(name) ?? -1;
  if (index === -1) throw new NotQuick("foreign");
  const { attributes } = field;
  if (attributes.eq !== undefined && attributes.eq !== null) throw new NotQuick("foreign");
  const onNull = acceptsNull(field, field.required) ? "" : `if (${variable} === null) ${refuse}`;
  const onValue = attributes.eq === null ? `if (${variable} !== null) ${refuse}` : "";
  return {
    absent: "undefined",
    take: `${variable} = value;`,
    settle: `${variable} = link(owner, ${index}, ${variable}); if (${variable} === undefined) ${refuse} ${onNull} ${onValue}`,
  };
}

/** One convenient name for several fields. It wins over them, so what it stands for is read after all else. */
function quickShorthand(
  code: QuickCode,
  shorthands: Shorthands,
): { readonly declare: string; readonly take: string; readonly next: string } | undefined {
  const plain = Object.entries(shorthands).filter(([, { deprecated, expand }]) => deprecated === undefined && expand.length < 2);
  const [only] = plain;
  if (only === undefined || plain.length > 1) return undefined;
  const [name, { field, expand }] = only;
  return {
    declare: "let short;",
    take: `case ${JSON.stringify(name)}: if (value === null || from !== given) ${refuse} ${takeValue(code, field, "value", "short")} break;`,
    next: `if (short === undefined) break; from = ${code.value(expand)}(short); short = undefined; if (${code.value(hasObjects)}(from)) ${refuse}`,
  };
}

/** Objects are merged with those that are given. */
function hasObjects(values: Readonly<Record<string, unknown>>): boolean {
  return Object.values(values).some((value) => typeof value === "object" && value !== null);
}

/** The function that completes a record within a record. */
export function recordFunction(code: QuickCode, field: Field): string {
  const { fields, attributes, shorthands } = field;
  if (!fields || attributes.abstract) throw new NotQuick("abstract");
  const { declare, take, settle, literal } = quickMembers(code, fields, shorthands ?? {});
  const rulesHold = ruleTests(code, field, "result").map((test) => `if (!(${test})) return undefined;`);
  return code.add(
    "given",
    `if (!${code.value(isPlain)}(given)) return undefined;
${declare}
${take}
${settle}
const result = ${literal};
${rulesHold.join("\n")}
return result;`,
  );
}
