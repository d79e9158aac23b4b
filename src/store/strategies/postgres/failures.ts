import { DatabaseError } from "../../../errors/dao-errors.js";
import type { PostgresSettings } from "./settings.js";

/** What PostgreSQL tells of an error. */
export interface ServerError extends Error {
  /** SQLSTATE, or the code of a socket's error. */
  readonly code: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly detail?: string;
}

/** The connection is gone, or never was: classes 08 and 57P (shutdown, crash, still starting), and the sockets' own. */
const lost = /^(08...|57P0[1-5]|E[A-Z_]+)$/;
const lostMessages =
  /connection terminated|client has encountered a connection error|not queryable|read timeout|timeout expired|server closed|does not support SSL/i;

/** PostgreSQL undid the transaction since others were in its way; a new try may well pass. */
const conflicts = new Set(["40001", "40P01"]);

/** What the server said, of an error that a {@link DatabaseError} was made of. */
export function serverError(error: unknown): ServerError | undefined {
  const cause = error instanceof DatabaseError ? error.cause : error;
  return cause instanceof Error && typeof (cause as Partial<ServerError>).code === "string" ? (cause as ServerError) : undefined;
}

/** Whether the connection broke, or could not be had. */
export function isConnectionLost(error: unknown): boolean {
  const cause = error instanceof DatabaseError ? error.cause : error;
  if (!(cause instanceof Error)) return false;
  const { code } = cause as Partial<ServerError>;
  return (typeof code === "string" && lost.test(code)) || lostMessages.test(cause.message);
}

/** Whether the whole transaction should be tried again. */
export function isConflict(error: unknown): boolean {
  return conflicts.has(serverError(error)?.code ?? "");
}

/** A statement that was prepared before a migration changed its columns. */
export function isStalePlan(error: unknown): boolean {
  const failure = serverError(error);
  return failure?.code === "0A000" && failure.message.includes("cached plan");
}

/** Says what happened in words for whoever runs the gateway; the original is the `cause`. */
export function databaseError(error: unknown, settings: PostgresSettings): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { message, code = "" } = error as Partial<ServerError> & Error;
  const where = settings.host.startsWith("/") ? settings.host : `${settings.host}:${settings.port}`;
  if (isConnectionLost(error)) return new DatabaseError(`PostgreSQL at ${where} cannot be reached: ${message || code}`, error);
  if (code === "57014") return new DatabaseError(`PostgreSQL cancelled a statement after ${settings.statementTimeout} ms`, error);
  if (code === "42P01")
    return new DatabaseError(`${message}: the migrations have not run in database '${settings.database}'`, error);
  return new DatabaseError(code === "" ? message : `${message} (SQLSTATE ${code})`, error);
}
