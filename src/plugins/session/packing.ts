import type { Times } from "./lifetime.js";
import type { Opened } from "./sealing.js";
import type { Identity } from "./session.js";

/** Times as they are sealed: cookies go with every request, so there are no names in them. */
export type PackedTimes = readonly [created: number, renewed: number, seen: number];

/** An identity as it is sealed. */
export type PackedIdentity = readonly [consumer: string, credential: string, subject: string, groups: readonly string[] | null];

export function packTimes({ created, renewed, seen }: Times): PackedTimes {
  return [created, renewed, seen];
}

export function unpackTimes([created, renewed, seen]: PackedTimes): Times {
  return { created, renewed, seen };
}

export function packIdentity({ consumerId, credentialId, subject, groups }: Identity): PackedIdentity {
  return [consumerId, credentialId, subject, groups];
}

export function unpackIdentity([consumerId, credentialId, subject, groups]: PackedIdentity): Identity {
  return { consumerId, credentialId, subject, groups };
}

/** What was sealed, parsed. Nobody else can seal, so it is what was packed for the same purpose. */
export function unsealed<T>({ content }: Opened): T {
  return JSON.parse(content) as T;
}
