/** How far a piece of work has come. */
export interface StepProgress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Work that can be interrupted wherever it yields; it does so about every half millisecond. */
export type Steps<T> = Generator<StepProgress | undefined, T, undefined>;

/** How many records are worked on between two yields. */
export const stepSize = 64;

/** Resolves when the event loop comes round again: timers and sockets have had their turn by then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Does the work in one go. */
export function runAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** What {@link runInSlices} takes. */
export interface SliceOptions {
  /** Milliseconds of work before the event loop gets its turn. Default 5. */
  readonly budgetMs?: number;
  /** Called at the end of each slice. What it throws ends the work. */
  readonly onSlice?: (progress: StepProgress | undefined) => void;
}

/** Does the work in slices: between them, timers, sockets and everything else have their turn. */
export async function runInSlices<T>(steps: Steps<T>, { budgetMs = 5, onSlice }: SliceOptions = {}): Promise<T> {
  for (;;) {
    const until = performance.now() + budgetMs;
    let progress: StepProgress | undefined;
    do {
      const { done, value } = steps.next();
      if (done) return value;
      progress = value ?? progress;
    } while (performance.now() < until);
    onSlice?.(progress);
    await nextTurn();
  }
}

/**
 * The same steps, and how long each takes: what others do between them does not count.
 *
 * @param worked - told the milliseconds of each step
 */
export function* timed<T>(steps: Steps<T>, worked: (ms: number) => void): Steps<T> {
  for (;;) {
    const started = performance.now();
    const { done, value } = steps.next();
    worked(performance.now() - started);
    if (done) return value;
    yield value;
  }
}

/** `list.map(change)` */
export function* mapInSteps<T, U>(list: readonly T[], change: (item: T, index: number) => U): Steps<U[]> {
  const changed: U[] = [];
  for (const [index, item] of list.entries()) {
    changed.push(change(item, index));
    if (index % stepSize === stepSize - 1) yield;
  }
  return changed;
}

/** The longest list that is sorted in one go: about two milliseconds. */
const shortList = 2048;

/** Sorts a list in place, as `list.sort(compare)` does. */
export function* sortInSteps<T>(list: T[], compare: (a: T, b: T) => number): Steps<void> {
  if (list.length <= shortList) {
    list.sort(compare);
    return;
  }
  let from = list;
  let to: T[] = [];
  for (let start = 0; start < from.length; start += shortList) {
    for (const item of from.slice(start, start + shortList).sort(compare)) to.push(item);
    yield;
  }
  [from, to] = [to, from];
  for (let width = shortList; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      yield* merge(from, to, [start, Math.min(start + width, from.length), Math.min(start + 2 * width, from.length)], compare);
    }
    [from, to] = [to, from];
  }
  if (from === list) return;
  for (const [index, item] of from.entries()) list[index] = item;
}

/** Merges the sorted runs `[start, middle)` and `[middle, end)`. */
function* merge<T>(
  from: readonly T[],
  to: T[],
  [start, middle, end]: readonly [number, number, number],
  compare: (a: T, b: T) => number,
): Steps<void> {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    if (left < middle && (right >= end || compare(from[left] as T, from[right] as T) <= 0)) to[at] = from[left++] as T;
    else to[at] = from[right++] as T;
    if (at % shortList === 0) yield;
  }
}
