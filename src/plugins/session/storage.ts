import type { MaybePromise } from "../../util/maybe-promise.js";
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

/** Where sessions are kept. A token is what the cookie holds. */
export interface SessionStorage {
  /**
   * The session behind a token; `undefined` when it was not made here, or is no longer there.
   *
   * @throws when the database cannot be asked
   */
  read(token: string): MaybePromise<Session | undefined>;
  /** Keeps a new session, for so many seconds at most. */
  create(session: Session, seconds: number): NewToken;
  /** The token of a session that was used again. */
  touch(session: Session): string;
  /** Lets go of a session, at once or after some seconds, as far as it can. */
  remove(id: string, afterSeconds: number): MaybePromise<void>;
}

/** A new token, and when what it stands for is written. */
export interface NewToken {
  readonly token: string;
  readonly written: MaybePromise<void>;
}

/**
 * The cookie holds the whole session, encrypted. Nothing is written anywhere, so nothing can be withdrawn either: a copy of the cookie is
 * good until the session's time is over.
 */
export class CookieStorage implements SessionStorage {
  readonly #sealer: Sealer;

  constructor(secret: string, name: string, audience: string) {
    this.#sealer = new Sealer(secret, "cookie", name, audience);
  }

  read(token: string): Session | undefined {
    const opened = this.#sealer.open(token);
    if (opened === undefined) return undefined;
    const [times, identity] = unsealed<readonly [PackedTimes, PackedIdentity]>(opened);
    return { id: opened.id, times: unpackTimes(times), identity: unpackIdentity(identity) };
  }

  create(session: Session): NewToken {
    return { token: this.touch(session), written: undefined };
  }

  touch({ id, times, identity }: Session): string {
    return this.#sealer.seal(id, JSON.stringify([packTimes(times), packIdentity(identity)]));
  }

  remove(): void {}
}
