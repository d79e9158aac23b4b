/** Edits (insert, delete, replace, swap of neighbours) that turn one text into the other; `limit + 1` when there are more. */
export function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    let best = row;
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        edits = Math.min(edits, at(beforeLast, column - 2) + 1);
      }
      current.push(edits);
      best = Math.min(best, edits);
    }
    if (best > limit) return limit + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(at(last, to.length), limit + 1);
}

function at(row: readonly number[], column: number): number {
  return row[column] as number;
}

/**
 * The name that was probably meant.
 *
 * @returns the candidate with the fewest edits, or `undefined` when even that one differs in more than a third of its letters
 */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  // Longer names are no typing mistakes, and comparing them would cost time proportional to what a stranger sent.
  if (name.length > 64) return undefined;
  const given = name.toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(given, candidate.toLowerCase(), fewest - 1);
    if (edits < fewest && candidate !== name) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}
