/** Named values: arguments of a query or a form, or the members of a JSON object. */
export type Members = Record<string, unknown>;

/** A name, and the value that goes with it. */
export type MemberChange = readonly [name: string, value: unknown];

/** What is to be done to named values, step by step. */
export interface MemberChanges {
  readonly remove: readonly string[];
  /** Old and new name. */
  readonly rename: readonly (readonly [from: string, to: string])[];
  readonly replace: readonly MemberChange[];
  readonly add: readonly MemberChange[];
  readonly append: readonly MemberChange[];
}

/**
 * Changes named values in place, as Kong's transformers do.
 *
 * @param members - without a prototype; see {@link membersOf}
 * @param isThere - tells a value that is replaced, and not added to, from one that counts as absent
 * @param isRenamed - tells a value that a new name is given to. Default: `isThere`
 */
export function changeMembers(
  members: Members,
  { remove, rename, replace, add, append }: MemberChanges,
  isThere: (value: unknown) => boolean,
  isRenamed = isThere,
): void {
  for (const name of remove) delete members[name];
  for (const [from, to] of rename) {
    if (from === to || !isRenamed(members[from])) continue;
    members[to] = members[from];
    delete members[from];
  }
  for (const [name, value] of replace) if (isThere(members[name])) members[name] = value;
  for (const [name, value] of add) if (!isThere(members[name])) members[name] = value;
  for (const [name, value] of append) members[name] = appended(members[name], value);
}

function appended(before: unknown, value: unknown): unknown {
  if (typeof before === "string") return [before, value];
  return Array.isArray(before) ? [...before, value] : [value];
}

/** A copy without a prototype, so that a member named `__proto__` is one like any other. */
export function membersOf(value: object): Members {
  return Object.assign(Object.create(null), value);
}

/** Anything but nothing. */
export function isPresent(value: unknown): boolean {
  return value !== undefined;
}

/** Of JSON's values only `false` counts as absent; `null` is a value like others (in Kong's JSON reader it is no nil). */
export function isJsonThere(value: unknown): boolean {
  return value !== undefined && value !== false;
}
