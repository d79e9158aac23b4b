import { type PluginGateway, pluginGateway } from "../../support/plugin-gateway.js";
import type { RawResponse } from "../../support/raw-response.js";
import type { Config } from "../../support/test-gateway.js";

export const ALICE = {
  id: "3b8a2f6e-6a55-4c1b-9f0e-1d2c3b4a5f60",
  username: "alice",
  custom_id: "a-1",
  keyauth_credentials: [{ id: "11111111-1111-4111-8111-111111111111", key: "alice" }],
};
export const BOB = { username: "bob", keyauth_credentials: [{ key: "bob" }] };
export const GUEST = { id: "9d1c5a7e-0b1f-4f7a-8a40-6f2f2b5f8f11", username: "guest" };
export const SECRET = "a secret of the test";

/** A client's request: a key, or the cookies it has been given. */
export interface Asked {
  readonly key?: string;
  readonly cookie?: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A gateway as Kong documents the plugin: key-auth with an anonymous consumer, who is refused. */
export interface SessionGateway extends PluginGateway {
  /** The gateway's clock, in milliseconds since the epoch; to be changed. */
  time: { now: number };
  ask(asked: Asked): Promise<RawResponse>;
  /** Asks with a key; answers the cookies that came back, as a client would send them. */
  logIn(key?: string): Promise<string>;
}

/** @param config - of the session plugin */
export async function sessionGateway(config: object = {}, more: Config = {}, options: object = {}): Promise<SessionGateway> {
  const plugins = [
    { name: "session", config: { secret: SECRET, ...config } },
    { name: "key-auth", config: { anonymous: "guest" } },
  ];
  const document = {
    consumers: [
      ALICE,
      BOB,
      { ...GUEST, plugins: [{ name: "request-termination", config: { status_code: 403, message: "So long" } }] },
    ],
    ...more,
  };
  const time = { now: Date.UTC(2024, 0, 1) };
  const t = (await pluginGateway(plugins, document, { clock: () => time.now, ...options })) as SessionGateway;
  t.time = time;
  t.ask = ({ key, cookie, body = "", headers, ...request }) =>
    t.gateway.request({
      ...request,
      body,
      headers: {
        host: "x",
        ...(key === undefined ? {} : { apikey: key }),
        ...(cookie === undefined ? {} : { cookie }),
        ...(body === "" ? {} : { "content-length": String(body.length) }),
        ...headers,
      },
    });
  t.logIn = async (key = "alice") => cookieOf(await t.ask({ key }));
  return t;
}

/** The values of `Set-Cookie`. */
export function setCookies({ headers }: RawResponse): readonly string[] {
  const value = headers["set-cookie"] ?? [];
  return typeof value === "string" ? [value] : value;
}

/** The cookies of an answer, as a client sends them back. */
export function cookieOf(response: RawResponse): string {
  return setCookies(response)
    .map((line) => line.slice(0, line.indexOf(";")))
    .join("; ");
}
