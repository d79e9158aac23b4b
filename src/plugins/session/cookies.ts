import { cookieValue } from "../../util/cookies.js";
import type { SessionConfig } from "./config.js";

/** Browsers keep 4,096 bytes of a cookie (RFC 6265 section 6.1), attributes included. */
const PART_LENGTH = 3_600;
const MOST_PARTS = 9;
const PAST = "Thu, 01 Jan 1970 00:00:01 GMT";

/** The names of a value's parts: `session`, `session2`, … */
function partName(name: string, part: number): string {
  return part === 1 ? name : `${name}${part}`;
}

/** Puts a value together. Its first letter says of how many cookies. */
export function readCookie(header: string, name: string): string | undefined {
  const first = cookieValue(header, name);
  const count = Number(first?.[0]);
  if (first === undefined || !(count >= 1 && count <= MOST_PARTS)) return undefined;
  let value = first.slice(1);
  for (let part = 2; part <= count; part += 1) {
    const next = cookieValue(header, partName(name, part));
    if (next === undefined) return undefined;
    value += next;
  }
  return value;
}

/** Values of `Set-Cookie`, one for each part; none when the value needs more cookies than browsers could be asked to keep. */
export function writeCookie(config: SessionConfig, name: string, value: string, life?: Life): string[] {
  const parts = value.match(new RegExp(`.{1,${PART_LENGTH}}`, "g")) ?? [];
  if (parts.length > MOST_PARTS) return [];
  const attributes = attributesOf(config, life);
  return parts.map((part, index) => `${partName(name, index + 1)}=${index === 0 ? parts.length : ""}${part}${attributes}`);
}

/** Values of `Set-Cookie` that remove a value, as far as the client has it. */
export function clearCookie(config: SessionConfig, header: string | undefined, name: string): string[] {
  const cleared: string[] = [];
  const attributes = attributesOf(config, { expires: PAST, maxAge: 0 });
  for (let part = 1; part <= MOST_PARTS; part += 1) {
    if (header === undefined || cookieValue(header, partName(name, part)) === undefined) break;
    cleared.push(`${partName(name, part)}=${attributes}`);
  }
  return cleared;
}

/** How long a browser keeps a cookie beyond its own session. */
export interface Life {
  readonly expires: string;
  readonly maxAge: number;
}

function attributesOf(config: SessionConfig, life: Life | undefined): string {
  const attributes = [`; Path=${config.cookie_path ?? "/"}`];
  if (config.cookie_domain !== null) attributes.push(`; Domain=${config.cookie_domain}`);
  const sameSite = config.cookie_same_site ?? "Default";
  if (sameSite !== "Default") attributes.push(`; SameSite=${sameSite}`);
  if (config.cookie_secure === true) attributes.push("; Secure");
  if (config.cookie_http_only === true) attributes.push("; HttpOnly");
  if (life !== undefined) attributes.push(`; Expires=${life.expires}; Max-Age=${life.maxAge}`);
  return attributes.join("");
}
