import type { AdminPath } from "./endpoint.js";

/** A path that was found, and what stands where it has parameters. */
export interface PathMatch {
  readonly path: AdminPath;
  readonly params: Readonly<Record<string, string>>;
}

interface CompiledPath {
  readonly path: AdminPath;
  /** A literal segment, or `undefined` for a parameter. */
  readonly literals: readonly (string | undefined)[];
  readonly names: readonly string[];
}

/** What a path takes, whatever its parameters are called. */
export function requestsOf({ pattern }: Pick<AdminPath, "pattern">): string {
  return pattern.replace(/\{[^}]+\}/g, "{}");
}

const parameter = /^\{(.+)\}$/;

/**
 * Finds paths by their text as it came: nothing is decoded, and a parameter takes one or more characters other than `/`. Paths with
 * fewer parameters go first, so that `/targets/all` is never a target.
 */
export class PathTable {
  readonly #bySegments = new Map<number, CompiledPath[]>();

  /** @param paths - of two that take the same requests the later one counts, whatever their parameters are called */
  constructor(paths: Iterable<AdminPath>) {
    const byPattern = new Map<string, AdminPath>();
    for (const path of paths) byPattern.set(requestsOf(path), path);
    for (const path of byPattern.values()) {
      const compiled = compile(path);
      const segments = compiled.literals.length;
      this.#bySegments.set(segments, [...(this.#bySegments.get(segments) ?? []), compiled]);
    }
    for (const list of this.#bySegments.values()) list.sort((a, b) => parameterCount(a) - parameterCount(b));
  }

  /** Tries the text as it is, then without a slash at its end. */
  find(text: string): PathMatch | undefined {
    return this.#findExactly(text) ?? (text.length > 1 && text.endsWith("/") ? this.#findExactly(text.slice(0, -1)) : undefined);
  }

  #findExactly(text: string): PathMatch | undefined {
    const segments = text.split("/");
    for (const { path, literals, names } of this.#bySegments.get(segments.length) ?? []) {
      const fits = literals.every((literal, index) =>
        literal === undefined ? segments[index] !== "" : literal === segments[index],
      );
      if (!fits) continue;
      const values = segments.filter((_, index) => literals[index] === undefined);
      return { path, params: Object.fromEntries(names.map((name, index) => [name, values[index] as string])) };
    }
    return undefined;
  }
}

function compile(path: AdminPath): CompiledPath {
  const segments = path.pattern.split("/");
  const names = segments.flatMap((segment) => parameter.exec(segment)?.[1] ?? []);
  return { path, literals: segments.map((segment) => (parameter.test(segment) ? undefined : segment)), names };
}

function parameterCount({ names }: CompiledPath): number {
  return names.length;
}
