import type { Pdk } from "../../pdk/pdk.js";
import type { MaybePromise } from "../../util/maybe-promise.js";
import type { Session as SessionRow, sessionMetadatas, sessions } from "./entities.js";

export type Entities = { readonly sessions: typeof sessions; readonly session_metadatas: typeof sessionMetadatas };

/** The records of sessions, as far as the plugin needs them. */
export interface SessionRows {
  find(sessionId: string): MaybePromise<SessionRow | undefined>;
  /** @param ttl - seconds; 0: for ever */
  insert(
    row: { readonly session_id: string; readonly expires: number | null; readonly data: string },
    ttl: number,
  ): Promise<SessionRow>;
  expire(id: string, expires: number, ttl: number): Promise<void>;
  delete(id: string): Promise<void>;
  /** Writes down whom a session belongs to. */
  describe(row: SessionRow, audience: string, subject: string): Promise<void>;
}

/** The records in the gateway's database. */
export function sessionRows({ db }: Pdk<Entities>): SessionRows {
  const { sessions, session_metadatas } = db;
  return {
    find: (sessionId) => sessions.selectBy("session_id", sessionId),
    insert: (row, ttl) => sessions.dao.insert(row, { ttl }),
    async expire(id, expires, ttl) {
      await sessions.dao.update(id, { expires }, { ttl });
    },
    async delete(id) {
      await sessions.dao.delete(id);
    },
    async describe({ id, session_id }, audience, subject) {
      await session_metadatas.dao.insert({ session: { id }, sid: session_id, audience, subject });
    },
  };
}
