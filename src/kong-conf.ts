/** One line of a kong.conf. */
export interface ConfEntry {
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What a kong.conf says, and the numbers of the lines that say nothing that could be understood. */
export interface Conf {
  readonly entries: ReadonlyMap<string, ConfEntry>;
  readonly faults: readonly number[];
}

/**
 * Reads the text of a kong.conf: `name = value` lines, `#` begins a comment unless a backslash stands before it, quotes around a value
 * are dropped, and the last of several lines for one setting counts.
 */
export function parseConf(text: string): Conf {
  const entries = new Map<string, ConfEntry>();
  const faults: number[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [index, written] of lines.entries()) {
    const content = written.replace(/(^|[^\\])#.*$/, "$1").trim();
    if (content === "") continue;
    const parts = /^([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(content);
    if (parts) entries.set((parts[1] as string).toLowerCase(), { value: plainValue(parts[2] as string), line: index + 1 });
    else faults.push(index + 1);
  }
  return { entries, faults };
}

function plainValue(text: string): string {
  const value = text.replaceAll("\\#", "#");
  return /^(["']).*\1$/s.test(value) && value.length > 1 ? value.slice(1, -1) : value;
}
