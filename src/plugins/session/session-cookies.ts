import { chain, isPromise, type MaybePromise } from "../../util/maybe-promise.js";
import type { SessionConfig } from "./config.js";
import { clearCookie, readCookie, writeCookie } from "./cookies.js";
import { dueChange, type Limits, timeLeft } from "./lifetime.js";
import { newSessionId } from "./sealing.js";
import { type Identity, rememberLimits, type Session, sessionLimits } from "./session.js";
import type { SessionStorage } from "./storage.js";

/** One of the two cookies: under what name, for how long, and where what it stands for is kept. */
interface Jar {
  readonly name: string;
  readonly limits: Limits;
  readonly storage: SessionStorage;
  /** Browsers keep it when they are closed. */
  readonly lasting: boolean;
}

/** A session that a request came with. */
export interface OpenedSession {
  readonly session: Session;
  /** The one behind the second cookie, when the client has it. */
  readonly remembered: Session | undefined;
  /** It ended, and is begun anew for the sake of the second cookie. */
  readonly restored: boolean;
}

/** A session for the client, and the cookies that give it to the client. */
export interface GivenSession {
  readonly session: Session;
  /** Values of `Set-Cookie`. */
  readonly cookies: readonly string[];
  /** When all of it is written, where there is something to wait for. */
  readonly written: Promise<unknown> | undefined;
}

/** Reads and writes the cookies of one instance. */
export class SessionCookies {
  readonly #config: SessionConfig;
  readonly #main: Jar;
  readonly #remember: Jar | undefined;

  /** @param storageFor - where what the cookie of that name stands for is kept */
  constructor(config: SessionConfig, storageFor: (cookieName: string) => SessionStorage) {
    this.#config = config;
    const jar = (name: string, limits: Limits, lasting: boolean): Jar => ({ name, limits, lasting, storage: storageFor(name) });
    this.#main = jar(config.cookie_name ?? "session", sessionLimits(config), false);
    this.#remember = config.remember ? jar(config.remember_cookie_name ?? "remember", rememberLimits(config), true) : undefined;
  }

  /** @param header - the request's `Cookie` */
  open(header: string, now: number): MaybePromise<OpenedSession | undefined> {
    return chain(readJar(this.#main, header, now), (session) => {
      const remembered = this.#remember === undefined ? undefined : readJar(this.#remember, header, now);
      return chain(remembered, (other) => {
        const found = session ?? other;
        return found && { session: found, remembered: other, restored: session === undefined };
      });
    });
  }

  /** What a used session needs, if anything: to be renewed, or that its time of use is written down. */
  refresh(opened: OpenedSession, now: number): GivenSession | undefined {
    const { session } = opened;
    if (opened.restored) return this.create(session.identity, now, opened);
    const due = dueChange(session.times, this.#main.limits, now);
    if (due === "renew") return this.create(session.identity, now, opened);
    if (due === undefined) return undefined;
    const touched = { ...session, times: { ...session.times, seen: now } };
    return {
      session: touched,
      cookies: this.#cookies(this.#main, touched, this.#main.storage.touch(touched)),
      written: undefined,
    };
  }

  /**
   * A new session, with a new id.
   *
   * @param replaced - which it takes the place of. It keeps the time of its beginning when it is the same client's.
   */
  create(identity: Identity, now: number, replaced?: OpenedSession): GivenSession {
    const before = replaced?.session;
    const isSame = before !== undefined && !replaced?.restored && isSameIdentity(before.identity, identity);
    const main = this.#give(this.#main, identity, isSame ? before.times.created : now, now);
    const work: MaybePromise<unknown>[] = [main.written];
    if (before !== undefined && !replaced?.restored) work.push(this.#main.storage.remove(before.id, this.#config.stale_ttl ?? 0));
    const cookies = [...main.cookies];
    if (this.#remember !== undefined) {
      const old = replaced?.remembered;
      const created = old !== undefined && isSameIdentity(old.identity, identity) ? old.times.created : now;
      const lasting = this.#give(this.#remember, identity, created, now);
      cookies.push(...lasting.cookies);
      work.push(lasting.written);
      if (old !== undefined) work.push(this.#remember.storage.remove(old.id, 0));
    }
    return { session: main.session, cookies, written: all(work) };
  }

  /**
   * Ends a session.
   *
   * @param header - the request's `Cookie`
   * @returns the cookies that make the client forget it
   */
  end({ session, remembered, restored }: OpenedSession, header: string): Omit<GivenSession, "session"> {
    const work = restored ? [] : [this.#main.storage.remove(session.id, 0)];
    if (remembered !== undefined) work.push(this.#remember?.storage.remove(remembered.id, 0));
    const names = [this.#main.name, ...(this.#remember === undefined ? [] : [this.#remember.name])];
    return { cookies: names.flatMap((name) => clearCookie(this.#config, header, name)), written: all(work) };
  }

  #give(jar: Jar, identity: Identity, created: number, now: number): GivenSession {
    const session: Session = { id: newSessionId(), times: { created, renewed: now, seen: now }, identity };
    // The time of the last use is in the cookie alone, so a record must last without it.
    const { rolling, absolute } = timeLeft(session.times, jar.limits, now);
    const { token, written } = jar.storage.create(session, Math.min(rolling, absolute));
    return { session, cookies: this.#cookies(jar, session, token), written: all([written]) };
  }

  #cookies({ name, limits, lasting }: Jar, { times }: Session, token: string): string[] {
    const seconds = timeLeft(times, limits, times.seen).first;
    if (!lasting || seconds === Number.POSITIVE_INFINITY) return writeCookie(this.#config, name, token);
    const expires = new Date((times.seen + seconds) * 1000).toUTCString();
    return writeCookie(this.#config, name, token, { expires, maxAge: seconds });
  }
}

function readJar({ name, limits, storage }: Jar, header: string, now: number): MaybePromise<Session | undefined> {
  const token = readCookie(header, name);
  if (token === undefined) return undefined;
  return chain(storage.read(token), (session) =>
    session !== undefined && timeLeft(session.times, limits, now).first > 0 ? session : undefined,
  );
}

function all(work: readonly MaybePromise<unknown>[]): Promise<unknown> | undefined {
  return work.some(isPromise) ? Promise.all(work) : undefined;
}

function isSameIdentity(a: Identity, b: Identity): boolean {
  return a.consumerId === b.consumerId && a.credentialId === b.credentialId;
}
