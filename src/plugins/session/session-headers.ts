import type { SessionConfig, SessionHeader } from "./config.js";
import { type TimeLeft, timeLeft } from "./lifetime.js";
import { type Session, sessionLimits } from "./session.js";

/** Names of the headers that tell about a session. */
export const headerNames: Readonly<Record<SessionHeader, string>> = {
  id: "Session-Id",
  audience: "Session-Audience",
  subject: "Session-Subject",
  timeout: "Session-Timeout",
  "idling-timeout": "Session-Idling-Timeout",
  "rolling-timeout": "Session-Rolling-Timeout",
  "absolute-timeout": "Session-Absolute-Timeout",
};

/**
 * What such headers say, as names and values. There is none for a limit that the session does not have.
 *
 * @param now - seconds since the epoch
 */
export function sessionHeaders(
  wanted: readonly SessionHeader[] | null,
  session: Session,
  config: SessionConfig,
  now: number,
): (readonly [name: string, value: string])[] {
  if (wanted === null) return [];
  const left = timeLeft(session.times, sessionLimits(config), now);
  return wanted.flatMap((header) => {
    const value = textOf(header, session, left, config);
    return value === undefined ? [] : [[headerNames[header], value] as const];
  });
}

function textOf(
  header: SessionHeader,
  { id, identity }: Session,
  left: TimeLeft,
  { audience }: SessionConfig,
): string | undefined {
  switch (header) {
    case "id":
      return id;
    case "audience":
      return audience ?? undefined;
    case "subject":
      return identity.subject;
    case "timeout":
      return secondsText(left.first);
    case "idling-timeout":
      return secondsText(left.idling);
    case "rolling-timeout":
      return secondsText(left.rolling);
    case "absolute-timeout":
      return secondsText(left.absolute);
  }
}

function secondsText(seconds: number): string | undefined {
  return seconds === Number.POSITIVE_INFINITY ? undefined : String(seconds);
}
