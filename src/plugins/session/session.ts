import type { SessionConfig } from "./config.js";
import type { Limits, Times } from "./lifetime.js";

/** Who is calling, as a session remembers it. */
export interface Identity {
  readonly consumerId: string;
  readonly credentialId: string;
  /** Name of the consumer, or its hash. */
  readonly subject: string;
  /** What an authentication plugin found beside the consumer. */
  readonly groups: readonly string[] | null;
}

/** A session. */
export interface Session {
  readonly id: string;
  readonly times: Times;
  readonly identity: Identity;
}

/** How long sessions last. */
export function sessionLimits({ idling_timeout, rolling_timeout, absolute_timeout }: SessionConfig): Limits {
  return { idling: idling_timeout ?? 0, rolling: rolling_timeout ?? 0, absolute: absolute_timeout ?? 0 };
}

/** How long the second cookie lasts, with which clients get a new session. */
export function rememberLimits({ remember_rolling_timeout, remember_absolute_timeout }: SessionConfig): Limits {
  return { idling: 0, rolling: remember_rolling_timeout ?? 0, absolute: remember_absolute_timeout ?? 0 };
}
