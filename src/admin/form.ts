import { isObject, own, setOwn } from "../schema/values.js";

/** A field of a form: its name as it came, and its value (`true`: without a `=`). */
export type FormEntry = readonly [name: string, value: string | true];

type Step = { readonly name: string } | { readonly position: number } | { readonly append: true };

/**
 * Turns the names of form fields into structure: `a.b=v` nests, `a[1]=v` and `a[]=v` make lists, `a[name]=v` sets a member, and a name
 * that comes more than once makes a list.
 */
export function formValues(entries: Iterable<FormEntry>): Record<string, unknown> {
  const values = {};
  for (const [name, value] of entries) put(values, stepsOf(name), value);
  return values;
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
    const isRepeated = "name" in step && before !== undefined;
    setMember(target, step, isRepeated ? [...(Array.isArray(before) ? before : [before]), value] : value);
    return;
  }
  const fits = "name" in next ? isObject(before) : Array.isArray(before);
  const container: object = fits ? (before as object) : "name" in next ? {} : before === undefined ? [] : [before];
  if (!fits) setMember(target, step, container);
  put(container, rest, value);
}

function memberOf(target: object, step: Step): unknown {
  if ("name" in step) return own(target as Record<string, unknown>, step.name);
  return "position" in step ? (target as unknown[])[step.position - 1] : undefined;
}

function setMember(target: object, step: Step, value: unknown): void {
  if ("name" in step) setOwn(target, step.name, value);
  // A position behind the end is the end, so that a form can not make lists with holes.
  else if ("position" in step && Array.isArray(target) && step.position <= target.length) target[step.position - 1] = value;
  else (target as unknown[]).push(value);
}
