import { decodeBase64 } from "../../util/base64.js";

/** A user name and password as the client gave them. */
export interface GivenPassword {
  readonly username: string;
  readonly password: string;
}

/** Of the scheme's letters, Kong takes the first in either case. */
const scheme = /^[Bb]asic\s*/;

/**
 * Reads a header of the scheme `Basic` (RFC 7617 section 2).
 *
 * @returns `undefined` when it is another scheme, not base64, has no colon, or names no user
 */
export function parseBasic(header: string): GivenPassword | undefined {
  const start = scheme.exec(header)?.[0].length;
  if (start === undefined) return undefined;
  const text = decodeBase64(header.slice(start))?.toString("utf8");
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon < 1) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
