/** A `Host` header or a route's host, cut at its first colon. */
export interface HostAndPort {
  readonly host: string;
  /** `undefined` when there is none. */
  readonly port: number | undefined;
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** Position of the colon that starts the port; -1 when `text` has no port. */
export function portColon(text: string): number {
  // Kong cuts at the first colon, so an IPv6 literal keeps its brackets and its port.
  const colon = text.indexOf(":");
  if (colon < 0 || colon === text.length - 1) return -1;
  for (let i = colon + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < DIGIT_0 || code > DIGIT_9) return -1;
  }
  return colon;
}

/** Splits off the port. What follows the first colon and is no number belongs to the host. */
export function splitHostPort(text: string): HostAndPort {
  const colon = portColon(text);
  return colon < 0 ? { host: text, port: undefined } : { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
