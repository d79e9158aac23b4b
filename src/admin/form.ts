import { isObject, own, setOwn } from "../schema/values.js";

/** A field of a form: its name as it came, and its value (`true`: without a `=`). */
export type FormEntry = readonly [name: string, value: string | true];

type Step = { readonly name: string } | { readonly position: number } | { readonly append: true };

/**
 * Turns the names of form fields into structure: `a.b=v` nests, `a[1]=v` and `a[]=v` make lists, `a[name]=v` sets a member, and a name
 * that comes more than once makes a list.
 */
export function formValues(entries: Iterable<FormEntry>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of entries) put(values, stepsOf(name), value);
  return withoutHoles(values) as Record<string, unknown>;
}

/** No real name comes near it. Longer ones are taken as they are, so that nobody can make the work grow with the square of the length. */
const maxStructuredName = 500;

/** `a.b[1].c` as steps. A dot inside of brackets, or at an end of the name, does not split. */
function stepsOf(name: string): Step[] {
  const steps: Step[] = [];
  for (const piece of dottedPieces(name)) {
    const bracketed = /^([^[\]]+)((?:\[[^[\]]*\])+)$/.exec(piece);
    if (bracketed === null) {
      steps.push({ name: piece });
      continue;
    }
    steps.push({ name: bracketed[1] as string });
    for (const [, inner = ""] of (bracketed[2] as string).matchAll(/\[([^[\]]*)\]/g)) steps.push(bracketStep(inner));
  }
  // Kong drops an empty pair of brackets that something follows: `a[].b` is `a.b`.
  return steps.filter((step, index) => !("append" in step) || index === steps.length - 1);
}

function bracketStep(inner: string): Step {
  if (inner === "") return { append: true };
  return /^[1-9]\d{0,3}$/.test(inner) ? { position: Number(inner) } : { name: inner };
}

function dottedPieces(name: string): string[] {
  if (name.length > maxStructuredName || name.startsWith(".") || name.endsWith(".")) return [name];
  return name.split(/\.(?![^[\]]*\])/);
}

function put(target: object, [step, ...rest]: readonly Step[], value: string | true): void {
  if (step === undefined) return;
  const before = memberOf(target, step);
  const [next] = rest;
  if (next === undefined) {
    setMember(target, step, before === undefined ? value : [before, value].flat());
    return;
  }
  const isNamed = "name" in next;
  if (isNamed ? isObject(before) : Array.isArray(before)) {
    put(before as object, rest, value);
    return;
  }
  // What does not go together is kept side by side, for the checks to refuse.
  const container: object = isNamed ? {} : [before ?? []].flat();
  setMember(target, step, isNamed && before !== undefined ? [before, container].flat() : container);
  put(container, rest, value);
}

function memberOf(target: object, step: Step): unknown {
  if ("name" in step) return own(target as Record<string, unknown>, step.name);
  return "position" in step ? (target as unknown[])[step.position - 1] : undefined;
}

function setMember(target: object, step: Step, value: unknown): void {
  if ("name" in step) setOwn(target, step.name, value);
  else if ("position" in step) (target as unknown[])[step.position - 1] = value;
  else (target as unknown[]).push(value);
}

/** Positions may come in any order, and with some left out: what is there moves together. */
function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) return Object.values(value).map(withoutHoles);
  if (!isObject(value)) return value;
  for (const [name, member] of Object.entries(value)) setOwn(value, name, withoutHoles(member));
  return value;
}
