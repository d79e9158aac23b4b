import { decodeBase64Url } from "../../util/base64.js";
import type { JwtAlgorithm } from "./entities.js";
import { isAlgorithm } from "./verify-signature.js";

type JsonObject = Readonly<Record<string, unknown>>;

/** A token taken apart; nothing of it is verified. */
export interface DecodedToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly algorithm: JwtAlgorithm;
  /** What the signature is about: the first two parts as they stand in the token. */
  readonly signed: string;
  readonly signature: Buffer;
}

/**
 * Takes a token in compact form apart (RFC 7515 section 3.1).
 *
 * @returns Kong's text for what is wrong with it when it cannot be
 */
export function decodeToken(token: string): DecodedToken | string {
  const first = token.indexOf(".");
  const second = first === -1 ? -1 : token.indexOf(".", first + 1);
  if (second === -1) return "invalid JSON";
  const header = parsePart(token.slice(0, first));
  const claims = parsePart(token.slice(first + 1, second));
  if (header === undefined || claims === undefined) return "invalid JSON";
  if (!isObject(header) || !Object.hasOwn(header, "alg") || !isAlgorithm(header.alg)) return "invalid alg";
  // RFC 7515 section 4.1.11: extensions that must be understood, and none are. One of them changes what is signed.
  if (Object.hasOwn(header, "crit")) return "invalid crit";
  if (!isObject(claims)) return "invalid claims";
  const signature = decodeBase64Url(token.slice(second + 1));
  if (signature === undefined) return "invalid signature";
  return { header, claims, algorithm: header.alg, signed: token.slice(0, second), signature };
}

/** `undefined` for what is not base64 or not JSON; neither is ever the value of JSON. */
function parsePart(part: string): unknown {
  const bytes = decodeBase64Url(part);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
