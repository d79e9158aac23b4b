/**
 * The value of the first cookie of that name, as it was sent; `undefined` when there is none.
 *
 * @param header - a `Cookie` header (RFC 6265 section 4.2)
 * @param name - in any case: nginx, whose variables Kong reads, finds them so
 */
export function cookieValue(header: string, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).trim().toLowerCase() === wanted) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
