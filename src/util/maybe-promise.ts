/** A value that may or may not be there yet. The request path only waits where there is something to wait for. */
export type MaybePromise<T> = T | Promise<T>;

/** Tells a promise (or any thenable) from a plain value. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return value !== null && typeof value === "object" && typeof (value as PromiseLike<T>).then === "function";
}

/** Goes on with a value at once when it is there, or when it comes. */
export function chain<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? (value as Promise<T>).then(next) : next(value);
}
