import type { MemberChanges } from "../../util/members.js";
import { splitNameValue } from "../../util/name-value.js";
import { compileTemplate, type Environment, type Template } from "./templates/template.js";

/** A name, and the value or the new name that goes with it. */
export type Change = readonly [name: string, value: string];

/** What is to be done to headers, arguments or a body, step by step. */
export interface Changes extends MemberChanges {
  readonly replace: readonly Change[];
  readonly add: readonly Change[];
  readonly append: readonly Change[];
}

/** The lists of one part of the configuration, as they are written. */
export interface Lists {
  readonly remove: readonly string[];
  readonly rename: readonly string[];
  readonly replace: readonly string[];
  readonly add: readonly string[];
  readonly append: readonly string[];
}

/** Changes whose values may depend on the request. */
export interface ChangeRules {
  /** The names that the templates use. */
  readonly names: ReadonlySet<string>;
  render(environment: Environment): Changes;
}

/**
 * Compiles the lists of one part of the configuration. An entry without a value does nothing.
 *
 * @param finish - turns the bytes that a template gives into what the part takes
 * @returns `undefined` when all lists are empty
 */
export function compileChanges(lists: Lists, finish: (bytes: string) => string): ChangeRules | undefined {
  const { remove, rename, replace, add, append } = lists;
  if (remove.length + rename.length + replace.length + add.length + append.length === 0) return undefined;
  const names = new Set<string>();
  const compile = (entries: readonly string[]): readonly CompiledEntry[] =>
    entries.map(splitNameValue).flatMap(({ name, value }) => {
      if (value === "") return [];
      const template = compileTemplate(value);
      for (const used of template.names ?? []) names.add(used);
      return [{ name, template }];
    });
  const compiled = { rename: compile(rename), replace: compile(replace), add: compile(add), append: compile(append) };
  const removed = remove.map((entry) => splitNameValue(entry).name);
  const render = (environment: Environment): Changes => {
    const all = (entries: readonly CompiledEntry[]): Change[] =>
      entries.map(({ name, template }) => [name, finish(template.render(environment))]);
    return {
      remove: removed,
      rename: all(compiled.rename),
      replace: all(compiled.replace),
      add: all(compiled.add),
      append: all(compiled.append),
    };
  };
  const plain = Object.values(compiled).every((entries) => entries.every(({ template }) => template.names === undefined));
  if (!plain) return { names, render };
  const changes = render({ lookUp: () => undefined });
  return { names, render: () => changes };
}

interface CompiledEntry {
  readonly name: string;
  readonly template: Template;
}
