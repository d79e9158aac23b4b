/** A `name:value` of a configuration, cut in two. */
export interface NameValue {
  readonly name: string;
  /** Empty when there is none. */
  readonly value: string;
}

/** Cuts at the first colon. Further colons right behind it belong to neither side, as in Kong. */
export function splitNameValue(entry: string): NameValue {
  const at = entry.indexOf(":");
  if (at === -1) return { name: entry, value: "" };
  return { name: entry.slice(0, at), value: entry.slice(at).replace(/^:+/, "") };
}
