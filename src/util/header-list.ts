// Helpers on flat header lists: names and values in turn, in wire order, as `rawHeaders` of node:http has them.

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether a text may be the name of a header, or of a cookie (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** `true` when `name` is `lowerName` in any spelling of its ASCII letters. Allocates nothing. */
export function isHeaderName(name: string, lowerName: string): boolean {
  const length = lowerName.length;
  if (name.length !== length) return false;
  if (name === lowerName) return true;
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    const lower = code >= 65 && code <= 90 ? code | 0x20 : code;
    if (lower !== lowerName.charCodeAt(i)) return false;
  }
  return true;
}

/**
 * The first value of a header.
 *
 * @param list - names and values in turn
 * @param lowerName - the name in lower case
 */
export function getHeader(list: readonly string[], lowerName: string): string | undefined {
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (isHeaderName(list[i] as string, lowerName)) return list[i + 1];
  }
  return undefined;
}

/**
 * Removes every line of a header, in place.
 *
 * @param list - names and values in turn
 * @param lowerName - the name in lower case
 * @returns how many lines there were
 */
export function removeHeader(list: string[], lowerName: string): number {
  return removeFrom(list, lowerName, 0);
}

/**
 * Gives a header exactly one line, in place: the first line keeps its position and takes the new name and value, further ones go; an
 * absent header is appended.
 *
 * @param list - names and values in turn
 * @param name - the name as it shall be sent
 */
export function setHeader(list: string[], name: string, value: string): void {
  const lowerName = name.toLowerCase();
  for (let i = 0; i + 1 < list.length; i += 2) {
    if (!isHeaderName(list[i] as string, lowerName)) continue;
    list[i] = name;
    list[i + 1] = value;
    removeFrom(list, lowerName, i + 2);
    return;
  }
  list.push(name, value);
}

function removeFrom(list: string[], lowerName: string, start: number): number {
  let kept = start;
  for (let i = start; i + 1 < list.length; i += 2) {
    if (isHeaderName(list[i] as string, lowerName)) continue;
    if (kept !== i) {
      list[kept] = list[i] as string;
      list[kept + 1] = list[i + 1] as string;
    }
    kept += 2;
  }
  const removed = (list.length - kept) >> 1;
  if (removed > 0) list.length = kept;
  return removed;
}

/**
 * The names that a `Connection` value declares to be for this hop only (RFC 9110, section 7.6.1), in lower case. The options `close`,
 * `keep-alive` and `upgrade` are no header names and are left out.
 *
 * @returns `undefined` when nothing is named, as with nearly every message
 */
export function hopByHopNames(connection: string): Set<string> | undefined {
  if (isConnectionOption(connection)) return undefined;
  let names: Set<string> | undefined;
  for (const element of connection.split(",")) {
    const name = element.trim();
    if (name === "" || isConnectionOption(name)) continue;
    names ??= new Set();
    names.add(name.toLowerCase());
  }
  return names;
}

function isConnectionOption(value: string): boolean {
  return isHeaderName(value, "keep-alive") || isHeaderName(value, "close") || isHeaderName(value, "upgrade");
}
