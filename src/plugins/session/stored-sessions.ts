import { chain, type MaybePromise } from "../../util/maybe-promise.js";
import {
  type PackedIdentity,
  type PackedTimes,
  packIdentity,
  packTimes,
  unpackIdentity,
  unpackTimes,
  unsealed,
} from "./packing.js";
import { Sealer } from "./sealing.js";
import type { Session } from "./session.js";
import type { SessionRows } from "./session-rows.js";
import type { NewToken, SessionStorage } from "./storage.js";

/** What one instance stores sessions with. */
export interface StoredSessionsOptions {
  readonly secret: string;
  readonly name: string;
  readonly audience: string;
  readonly rows: SessionRows;
  /** Also stores whom sessions belong to. */
  readonly describes: boolean;
  /** Ids of sessions that are being written. A client may be back with one before the database has it. */
  readonly writing: Map<string, Promise<void>>;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** The cookie holds id and times, the database the rest; both encrypted, so that neither is of use without the secret. */
export class StoredSessions implements SessionStorage {
  readonly #options: StoredSessionsOptions;
  readonly #cookies: Sealer;
  readonly #records: Sealer;

  constructor(options: StoredSessionsOptions) {
    const { secret, name, audience } = options;
    this.#options = options;
    this.#cookies = new Sealer(secret, "reference", name, audience);
    this.#records = new Sealer(secret, "record", name, audience);
  }

  read(token: string): MaybePromise<Session | undefined> {
    const opened = this.#cookies.open(token);
    if (opened === undefined) return undefined;
    const times = unpackTimes(unsealed<PackedTimes>(opened));
    const { rows, writing, now } = this.#options;
    return chain(writing.get(opened.id), () =>
      chain(rows.find(opened.id), (row) => {
        if (row === undefined || row.data === null || (row.expires !== null && row.expires <= now())) return undefined;
        const record = this.#records.open(row.data);
        // A record that was moved to another id by whoever can write to the database is not that session's.
        if (record === undefined || record.id !== opened.id) return undefined;
        return { id: opened.id, times, identity: unpackIdentity(unsealed<PackedIdentity>(record)) };
      }),
    );
  }

  create(session: Session, seconds: number): NewToken {
    const { writing } = this.#options;
    const written = this.#insert(session, seconds).finally(() => writing.delete(session.id));
    // Whoever waits for it in `read` only needs to know that it is over; a failure is told to whoever created it.
    writing.set(
      session.id,
      written.catch(() => undefined),
    );
    return { token: this.touch(session), written };
  }

  async #insert({ id, identity }: Session, seconds: number): Promise<void> {
    const { rows, now, describes, audience } = this.#options;
    const isForEver = seconds === Number.POSITIVE_INFINITY;
    const data = this.#records.seal(id, JSON.stringify(packIdentity(identity)));
    const expires = isForEver ? null : Math.ceil(now() + seconds);
    const row = await rows.insert({ session_id: id, expires, data }, isForEver ? 0 : Math.ceil(seconds));
    if (describes) await rows.describe(row, audience, identity.subject);
  }

  touch({ id, times }: Session): string {
    return this.#cookies.seal(id, JSON.stringify(packTimes(times)));
  }

  remove(id: string, afterSeconds: number): MaybePromise<void> {
    const { rows, now } = this.#options;
    return chain(rows.find(id), (row) => {
      if (row === undefined) return undefined;
      if (afterSeconds <= 0) return rows.delete(row.id);
      const expires = Math.ceil(now() + afterSeconds);
      // Replaced before: using it once more must not make it last longer.
      if (row.expires !== null && row.expires <= expires) return undefined;
      return rows.expire(row.id, expires, Math.ceil(afterSeconds));
    });
  }
}
