/** Methods as bits of a small integer, so that most are tested without touching a string. */
const BITS: ReadonlyMap<string, number> = new Map(
  ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"].map((method, index) => [method, 1 << index]),
);

/** Stands for all methods without a bit of their own; those must still be compared by name. */
export const OTHER_METHOD = 1 << 9;

/** Every method. */
export const ANY_METHOD = (1 << 10) - 1;

export function methodBit(method: string): number {
  return BITS.get(method) ?? OTHER_METHOD;
}

/** The methods that a matcher takes; `null` takes all. */
export function methodMask(methods: readonly string[] | null): number {
  return methods === null ? ANY_METHOD : methods.reduce((mask, method) => mask | methodBit(method), 0);
}
