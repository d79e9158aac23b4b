/** A URL taken apart; absent parts are `undefined`. Query, fragment, parameters and user info are dropped. */
export interface UrlParts {
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  /** As written, so that a bad one can be reported. */
  readonly port: string | undefined;
  /** Empty when there is none. */
  readonly path: string;
}

const scheme = /^([A-Za-z0-9][A-Za-z0-9+.-]*):/;
const authority = /^\/\/([^/?#]*)/;

/**
 * Takes a URL apart without judging or normalising it, as Kong does for the `url` of a service. `new URL` would resolve dots,
 * encode characters and refuse ports and hosts about which the fields have better messages.
 */
export function splitUrl(url: string): UrlParts {
  let rest = url.replace(/#.*$/s, "");
  const schemeName = scheme.exec(rest)?.[1];
  if (schemeName !== undefined) rest = rest.slice(schemeName.length + 1);
  const authorityText = authority.exec(rest)?.[1];
  if (authorityText !== undefined) rest = rest.slice(authorityText.length + 2);
  const path = rest.replace(/\?.*$/s, "").replace(/;.*$/s, "");
  if (authorityText === undefined) return { scheme: schemeName, host: undefined, port: undefined, path };

  const hostPort = authorityText.slice(authorityText.indexOf("@") + 1);
  const [, hostText = "", port] = /^(.*?)(?::([^:\]]*))?$/s.exec(hostPort) ?? [];
  const host = /^\[(.+)\]$/.exec(hostText)?.[1] ?? hostText;
  return { scheme: schemeName, host: host || undefined, port: port || undefined, path };
}
