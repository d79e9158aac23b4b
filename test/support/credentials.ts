import { createHmac } from "node:crypto";
import { makeToken } from "./jwt.js";

/** When the signed credentials are good. */
export const signedAt = "Mon, 01 Jan 2024 12:00:00 GMT";

const hmac = createHmac("sha256", "hmac-secret").update(`date: ${signedAt}`).digest("base64");

/** A consumer of each kind of credential, and one for those who have none. */
export const consumers = [
  { username: "by-key", keyauth_credentials: [{ key: "key-secret" }] },
  { username: "by-password", basicauth_credentials: [{ username: "user", password: "password-secret" }] },
  { username: "by-token", jwt_secrets: [{ key: "issuer", secret: "jwt-secret" }] },
  { username: "by-signature", hmacauth_credentials: [{ username: "signer", secret: "hmac-secret" }] },
  { username: "guest" },
];

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const signature = (text: string): string =>
  `hmac username="signer", algorithm="hmac-sha256", headers="date", signature="${text}"`;

/** An authentication plugin. */
export interface Authenticator {
  readonly name: string;
  /** Whom it recognises by the good headers. */
  readonly consumer: string;
  readonly good: Readonly<Record<string, string>>;
  readonly bad: Readonly<Record<string, string>>;
}

export const byKey: Authenticator = {
  name: "key-auth",
  consumer: "by-key",
  good: { apikey: "key-secret" },
  bad: { apikey: "key-guess" },
};

export const byPassword: Authenticator = {
  name: "basic-auth",
  consumer: "by-password",
  good: { authorization: basic("user:password-secret") },
  bad: { authorization: basic("user:guess") },
};

export const byToken: Authenticator = {
  name: "jwt",
  consumer: "by-token",
  good: { authorization: `Bearer ${makeToken({ iss: "issuer" }, "jwt-secret")}` },
  bad: { authorization: `Bearer ${makeToken({ iss: "issuer" }, "guess")}` },
};

export const bySignature: Authenticator = {
  name: "hmac-auth",
  consumer: "by-signature",
  good: { date: signedAt, authorization: signature(hmac) },
  bad: { date: signedAt, authorization: signature("Z3Vlc3M=") },
};

/** The bundled plugins that authenticate by themselves. */
export const authenticators: readonly Authenticator[] = [byKey, byPassword, byToken, bySignature];
