/** A place in a document: keys and (from zero) list indexes, from the outside in. */
export type DocumentPath = readonly (string | number)[];

/** Counted from one, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Finds where a path was written: the key of a map entry, the start of a list item, or the nearest thing around it. */
export type Locate = (path: DocumentPath) => Position | undefined;

/** A path as people write it: `services[0].routes[1].paths[0]`. */
export function pathText(path: DocumentPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** Turns offsets into lines and columns. */
export function lineFinder(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 };
  };
}
