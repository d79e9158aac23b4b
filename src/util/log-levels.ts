/** Kong's log levels, from the most to the least talkative. */
export const logLevels = ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"] as const;

/** How much is logged: what is at least as grave. */
export type LogLevel = (typeof logLevels)[number];
