/** What the search for warnings asks of a text. */
const marks = ["$", "{vault:"] as const;

/** A short text that has the same marks in it. */
export function textMarks(text: string): string {
  return marks.filter((mark) => text.includes(mark)).join(" ");
}
