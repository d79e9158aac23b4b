import type { LuaValue } from "./values.js";

/** The local variables of one running block, and the block around it. */
export interface Frame {
  readonly values: LuaValue[];
  readonly outer: Frame | null;
}

/** Where a local variable is found at run time: so many blocks outwards, then by position. */
export interface LocalPlace {
  readonly up: number;
  readonly index: number;
}

/** The local variables of a block that is being compiled. */
export class Scope {
  readonly outer: Scope | null;
  readonly #places = new Map<string, number>();
  #count = 0;

  constructor(outer: Scope | null) {
    this.outer = outer;
  }

  /** A name that is declared again hides the one before, which stays in its place for what already refers to it. */
  declare(name: string): number {
    const index = this.#count;
    this.#count += 1;
    this.#places.set(name, index);
    return index;
  }

  find(name: string): LocalPlace | undefined {
    let up = 0;
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      const index = scope.#places.get(name);
      if (index !== undefined) return { up, index };
      up += 1;
    }
    return undefined;
  }
}

/** The block in which a local variable lives. */
export function frameAt(frame: Frame, up: number): Frame {
  let found = frame;
  for (let i = up; i > 0; i -= 1) found = found.outer as Frame;
  return found;
}
