/** A media type with its parameters; names are in lower case. */
export interface MediaType {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const names = new RegExp(`(?:(${token})/(${token})|\\*)`, "y");
const parameter = new RegExp(`[ \\t]*;[ \\t]*(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)")`, "y");

/** Reads a media type; `undefined` for text that is none. */
export function parseMediaType(text: string): MediaType | undefined {
  names.lastIndex = 0;
  const found = names.exec(text);
  if (found === null) return undefined;
  const parameters = new Map<string, string>();
  let end = names.lastIndex;
  while (end < text.length) {
    parameter.lastIndex = end;
    const next = parameter.exec(text);
    if (next === null) return undefined;
    parameters.set((next[1] as string).toLowerCase(), next[2] ?? (next[3] as string));
    end = parameter.lastIndex;
  }
  return { type: (found[1] ?? "*").toLowerCase(), subtype: (found[2] ?? "*").toLowerCase(), parameters };
}

/** Whether a media type is the expected one: type and subtype, either of which may be `*`, and all parameters. */
export function isExpected(expected: MediaType, { type, subtype, parameters }: MediaType): boolean {
  if (expected.type !== "*" && expected.type !== type) return false;
  if (expected.subtype !== "*" && expected.subtype !== subtype) return false;
  if (expected.parameters.size !== parameters.size) return false;
  for (const [name, value] of expected.parameters) if (parameters.get(name) !== value) return false;
  return true;
}
