import type { PdkResponse } from "../../pdk/response.js";
import { splitNameValue } from "../../util/name-value.js";
import type { Config } from "./config.js";

type Pair = readonly [name: string, value: string];

/** What is to be done to the headers of answers, step by step. */
export interface HeaderChanges {
  readonly remove: readonly string[];
  readonly rename: readonly Pair[];
  readonly replace: readonly Pair[];
  readonly add: readonly Pair[];
  readonly append: readonly Pair[];
}

/** @returns `undefined` when there is nothing to do */
export function headerChanges({ remove, rename, replace, add, append }: Config): HeaderChanges | undefined {
  const changes = {
    remove: remove.headers.map((entry) => splitNameValue(entry).name),
    rename: pairs(rename.headers),
    replace: pairs(replace.headers),
    add: pairs(add.headers),
    append: pairs(append.headers),
  };
  return Object.values(changes).some((list) => list.length > 0) ? changes : undefined;
}

/** An entry without a value does nothing. */
function pairs(entries: readonly string[]): readonly Pair[] {
  return entries.map(splitNameValue).flatMap(({ name, value }) => (value === "" ? [] : [[name, value] as const]));
}

/** The most that the PDK gives. */
const MOST_HEADERS = 1000;

/** Changes the headers of an answer. What is there and what is not was decided when the phase began. */
export function changeHeaders(response: PdkResponse, { remove, rename, replace, add, append }: HeaderChanges): void {
  const before = response.getHeaders(MOST_HEADERS);
  const find = (name: string): string | string[] | undefined => before[name.toLowerCase()];
  for (const name of remove) response.clearHeader(name);
  for (const [from, to] of rename) {
    const value = find(from);
    if (value === undefined || from === to) continue;
    // First away with the old one: a new name may be the same in another case.
    response.clearHeader(from);
    response.setHeader(to, value);
  }
  for (const [name, value] of replace) if (find(name) !== undefined) response.setHeader(name, value);
  for (const [name, value] of add) if (find(name) === undefined) response.setHeader(name, value);
  for (const [name, value] of append) response.addHeader(name, value);
}
