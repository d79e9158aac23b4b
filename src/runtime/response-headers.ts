import { hopByHopNames, isHeaderName } from "../util/header-list.js";

/** What was learnt from an upstream's head while cleaning it. */
export interface CleanedHead {
  /** Names and values in turn, without what belongs to the upstream's connection. */
  readonly headers: string[];
  /** Bytes that the body will have; -1 when unknown. */
  readonly length: number;
  readonly via: string | undefined;
  readonly hasServer: boolean;
}

/**
 * Takes off an upstream's head what is not for the client (proxying, section 5.3).
 *
 * @param upgrade - the `Upgrade` that was sent; that one may come back
 * @param trailers - the client takes trailers, and the answer may have some
 * @param charset - added to text types that name none; `null` adds none
 */
export function cleanResponseHeaders(
  raw: readonly string[],
  upgrade: string | null,
  trailers: boolean,
  charset: string | null,
): CleanedHead {
  const headers: string[] = [];
  let length = -1;
  let via: string | undefined;
  let hasServer = false;
  let named: ReadonlySet<string> | undefined;
  let typeAt = -1;
  let trailerAt = -1;
  let encoded = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    switch (name.length) {
      case 3:
        if (isHeaderName(name, "via")) {
          via = via === undefined ? value : `${via}, ${value}`;
          continue;
        }
        break;
      case 5:
        if (isHeaderName(name, "x-pad")) continue;
        break;
      case 6:
        if (isHeaderName(name, "server")) hasServer = true;
        break;
      case 7:
        if (isHeaderName(name, "upgrade") && value.toLowerCase() !== upgrade) continue;
        if (isHeaderName(name, "trailer")) {
          if (!trailers) continue;
          trailerAt = headers.length;
        }
        break;
      case 10:
        if (isHeaderName(name, "connection")) {
          named = hopByHopNames(value);
          continue;
        }
        if (isHeaderName(name, "keep-alive")) continue;
        break;
      case 12:
        if (isHeaderName(name, "content-type")) typeAt = headers.length + 1;
        break;
      case 14:
        if (isHeaderName(name, "content-length")) length = Number(value);
        break;
      case 15:
      case 16:
      case 17:
      case 18:
        if (isHeaderName(name, "transfer-encoding") || (name.charCodeAt(1) === 45 && hiddenByNginx.has(name.toLowerCase())))
          continue;
        if (isHeaderName(name, "content-encoding")) encoded = true;
        break;
      default:
    }
    headers.push(name, value);
  }
  if (charset !== null && typeAt !== -1 && !encoded) headers[typeAt] = withCharset(headers[typeAt] as string, charset);
  // Node refuses to announce trailers on an answer of known length.
  if (trailerAt !== -1 && length !== -1) headers.splice(trailerAt, 2);
  return { headers: named === undefined ? headers : withoutNamed(headers, named), length, via, hasServer };
}

const hiddenByNginx = new Set([
  "x-accel-expires",
  "x-accel-redirect",
  "x-accel-limit-rate",
  "x-accel-buffering",
  "x-accel-charset",
]);

function withoutNamed(headers: readonly string[], named: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!named.has(name.toLowerCase())) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

const textTypes = /^(?:text\/(?:html|xml|plain|vnd\.wap\.wml)|application\/(?:javascript|rss\+xml))\s*(?:;|$)/i;

function withCharset(type: string, charset: string): string {
  // Most answers of an API are JSON: one look at the length of the type rules them out.
  if (type === "application/json" || !textTypes.test(type) || /;\s*charset=/i.test(type)) return type;
  return `${type}; charset=${charset}`;
}
