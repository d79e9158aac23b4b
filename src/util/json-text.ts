const backslash = 0x5c;

/**
 * The place of the quote that ends a text in JSON; -1 where there is none.
 *
 * @param start - of the quote that begins it
 */
export function endQuote(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  // Most of a document is text, which the engine passes over faster than we do.
  while (end !== -1 && json.charCodeAt(end - 1) === backslash && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

/** Whether there is an odd number of backslashes before it. */
function isEscaped(json: string, quote: number): boolean {
  let at = quote - 1;
  while (json.charCodeAt(at) === backslash) at--;
  return (quote - at) % 2 === 0;
}
