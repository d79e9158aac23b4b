/** What a client says of its signature. */
export interface SignatureParameters {
  readonly username: string;
  readonly algorithm: string;
  /** The names of what is signed, in the order in which they are. */
  readonly headers: readonly string[];
  /** In base64. */
  readonly signature: string;
}

/** What comes before each parameter; between two of them, the end of the one before. */
const markers = {
  username: /[Hh]mac\s*username="/g,
  algorithm: /",\s*algorithm="/g,
  headers: /",\s*headers="/g,
  signature: /",\s*signature="/g,
};

/** A stretch of text, its end excluded. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads `hmac username="…", algorithm="…", headers="…", signature="…"`, in this order, wherever it begins.
 *
 * Kong matches it with one greedy pattern, whose time a client could multiply by repeating names. Reading it from its end comes to the
 * same, and goes over the text once for each parameter.
 *
 * @returns `undefined` when there is no such thing in it
 */
export function parseParameters(header: string): SignatureParameters | undefined {
  const end = header.lastIndexOf('"');
  const signature = lastBefore(markers.signature, header, end);
  const headers = signature && lastBefore(markers.headers, header, signature.start);
  const algorithm = headers && lastBefore(markers.algorithm, header, headers.start);
  const username = algorithm && firstBefore(markers.username, header, algorithm.start);
  if (!username) return undefined;
  return {
    username: header.slice(username.end, algorithm.start),
    algorithm: header.slice(algorithm.end, headers.start),
    headers: header.slice(headers.end, signature.start).split(" "),
    signature: header.slice(signature.end, end),
  };
}

/** The last place of a marker that leaves at least one character before `limit`. */
function lastBefore(marker: RegExp, text: string, limit: number): Span | undefined {
  let last: Span | undefined;
  for (const match of text.matchAll(marker)) {
    const end = match.index + match[0].length;
    if (end >= limit) break;
    last = { start: match.index, end };
  }
  return last;
}

function firstBefore(marker: RegExp, text: string, limit: number): Span | undefined {
  for (const match of text.matchAll(marker)) {
    const end = match.index + match[0].length;
    return end < limit ? { start: match.index, end } : undefined;
  }
  return undefined;
}
