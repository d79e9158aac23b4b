import { createHash, randomBytes } from "node:crypto";
import type { Consumer } from "../../entities/consumers.js";
import type { Pdk } from "../../pdk/pdk.js";
import { setConsumer } from "../../plugin-runner/authentication.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { chain, isPromise, type MaybePromise } from "../../util/maybe-promise.js";
import { configFields, type SessionConfig, shorthands } from "./config.js";
import { sessionMetadatas, sessions } from "./entities.js";
import { isLogout } from "./logout.js";
import type { Identity, Session } from "./session.js";
import { type GivenSession, type OpenedSession, SessionCookies } from "./session-cookies.js";
import { headerNames, sessionHeaders } from "./session-headers.js";
import { type Entities, sessionRows } from "./session-rows.js";
import { CookieStorage } from "./storage.js";
import { StoredSessions } from "./stored-sessions.js";

type SessionPdk = Pdk<Entities>;

/** What the access phase leaves to the header filter. */
interface Kept {
  opened?: OpenedSession;
  /** The session as it is now. */
  session?: Session;
  cookies?: readonly string[];
}

/**
 * Remembers whom another authentication plugin has recognised. That plugin needs `anonymous`, so that it does not mind clients with
 * nothing but a session.
 */
export const session = definePlugin({
  name: "session",
  version: "3.10.0",
  priority: 1900,
  allowedProtocols: ["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"],
  scopes: ["service", "route"],
  config: configFields,
  shorthands,
  entities: { sessions, session_metadatas: sessionMetadatas },

  access(pdk, config) {
    for (const header of config.request_headers ?? []) pdk.service.request.clearHeader(headerNames[header]);
    const header = pdk.request.getHeader("cookie");
    if (header === undefined) return;
    const cookies = sessionCookies(pdk, config);
    return chain(open(pdk, cookies, header), (opened) => {
      if (opened === undefined) return;
      return chain(isLogout(pdk, config), (logout) =>
        logout ? logOut(pdk, cookies, opened, header) : resume(pdk, config, cookies, opened, header),
      );
    });
  },

  headerFilter(pdk, config) {
    const kept = pdk.ctx.plugin as Kept;
    const consumer = pdk.client.getConsumer();
    const credential = pdk.client.getCredential();
    if (consumer !== null && credential !== null && !isOf(kept.session, consumer.id, credential.id)) {
      const given = sessionCookies(pdk, config).create(
        identityOf(pdk, config, consumer, credential.id),
        seconds(pdk),
        kept.opened,
      );
      inBackground(pdk, given.written);
      if (given.cookies.length > 0) use(pdk, kept, given);
      else pdk.log.error("the session is too large for cookies");
    }
    for (const cookie of kept.cookies ?? []) pdk.response.addHeader("Set-Cookie", cookie);
    if (kept.session === undefined) return;
    const headers = sessionHeaders(config.response_headers, kept.session, config, seconds(pdk));
    for (const [name, value] of headers) pdk.response.setHeader(name, value);
  },
});

/** What the plugin keeps for the life of the gateway. */
interface GatewayState {
  readonly writing: Map<string, Promise<void>>;
  /** For configurations without one, and for references that could not be resolved: nobody must be able to seal with no secret. */
  readonly secret: string;
}

function makeState(): GatewayState {
  return { writing: new Map(), secret: randomBytes(32).toString("base64") };
}

function sessionCookies(pdk: SessionPdk, config: SessionConfig): SessionCookies {
  const { storage, store_metadata } = config;
  const audience = config.audience ?? "default";
  const state = pdk.plugin.state(makeState);
  const secret = config.secret || state.secret;
  return new SessionCookies(config, (name) =>
    storage === "kong"
      ? new StoredSessions({
          secret,
          name,
          audience,
          rows: sessionRows(pdk),
          describes: store_metadata === true,
          writing: state.writing,
          now: () => seconds(pdk),
        })
      : new CookieStorage(secret, name, audience),
  );
}

function seconds(pdk: SessionPdk): number {
  return Math.floor(pdk.now() / 1000);
}

/** A database that does not answer is no reason to answer with an error: the next authentication plugin decides. */
function open(pdk: SessionPdk, cookies: SessionCookies, header: string): MaybePromise<OpenedSession | undefined> {
  const opened = cookies.open(header, seconds(pdk));
  if (!isPromise(opened)) return opened;
  return (opened as Promise<OpenedSession | undefined>).catch((error: Error) => {
    fail(pdk, error);
    return undefined;
  });
}

function logOut(pdk: SessionPdk, cookies: SessionCookies, opened: OpenedSession, header: string): MaybePromise<void> {
  const ended = cookies.end(opened, header);
  // The answer says that the session is over, so it waits until it is.
  return chain(ended.written, () => pdk.response.exit(200, null, { "Set-Cookie": ended.cookies }));
}

function resume(
  pdk: SessionPdk,
  config: SessionConfig,
  cookies: SessionCookies,
  opened: OpenedSession,
  header: string,
): MaybePromise<void> {
  return chain(pdk.client.loadConsumer(opened.session.identity.consumerId), (consumer) => {
    const kept = pdk.ctx.plugin as Kept;
    if (consumer === undefined) {
      const ended = cookies.end(opened, header);
      inBackground(pdk, ended.written);
      kept.cookies = ended.cookies;
      return;
    }
    kept.opened = opened;
    const refreshed = cookies.refresh(opened, seconds(pdk));
    return chain(isWritten(pdk, refreshed), (written) => {
      use(pdk, kept, written ? (refreshed as GivenSession) : { session: opened.session, cookies: [], written: undefined });
      authenticate(pdk, config, consumer, kept.session as Session);
    });
  });
}

/** A new session that could not be written is none; the one before it still is. */
function isWritten(pdk: SessionPdk, given: GivenSession | undefined): MaybePromise<boolean> {
  if (given?.written === undefined) return given !== undefined;
  return given.written.then(
    () => true,
    (error: Error) => {
      fail(pdk, error);
      return false;
    },
  );
}

function use(pdk: SessionPdk, kept: Kept, { session, cookies }: GivenSession): void {
  kept.session = session;
  kept.cookies = cookies;
  pdk.ctx.shared.authenticated_session = session;
}

function authenticate(pdk: SessionPdk, config: SessionConfig, consumer: Consumer, session: Session): void {
  const { request } = pdk.service;
  const { credentialId, groups } = session.identity;
  setConsumer(pdk, consumer, { id: credentialId, consumer_id: consumer.id }, credentialId);
  if (groups === null) request.clearHeader("X-Authenticated-Groups");
  else {
    pdk.ctx.shared.authenticated_groups = [...groups];
    request.setHeader("X-Authenticated-Groups", groups.join(", "));
  }
  for (const [name, value] of sessionHeaders(config.request_headers, session, config, seconds(pdk)))
    request.setHeader(name, value);
}

function isOf(session: Session | undefined, consumerId: string, credentialId: string): boolean {
  return session?.identity.consumerId === consumerId && session.identity.credentialId === credentialId;
}

function identityOf(pdk: SessionPdk, { hash_subject }: SessionConfig, consumer: Consumer, credentialId: string): Identity {
  const subject = consumer.username ?? consumer.custom_id ?? consumer.id;
  const groups = pdk.ctx.shared.authenticated_groups;
  return {
    consumerId: consumer.id,
    credentialId,
    subject: hash_subject ? createHash("sha256").update(subject).digest("base64url") : subject,
    groups: Array.isArray(groups) && groups.length > 0 ? groups.map(String) : null,
  };
}

/** The answer does not wait for it. */
function inBackground(pdk: SessionPdk, written: Promise<unknown> | undefined): void {
  written?.catch((error: Error) => fail(pdk, error));
}

function fail(pdk: SessionPdk, { message }: Error): void {
  pdk.log.error(`the session cannot be read or written: ${message}`);
}
