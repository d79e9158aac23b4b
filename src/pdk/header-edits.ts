import { isToken } from "../util/header-list.js";

/** What plugins made of the request's headers, by lower-case name: the values to send, none to remove the header. */
export type HeaderEdits = Map<string, { readonly name: string; readonly values: readonly string[] }>;

/** What plugins did to the response's headers before the response was there. Applied in order when it comes. */
export interface EarlyHeader {
  readonly action: "set" | "add" | "clear";
  readonly name: string;
  readonly values: readonly string[];
}

/** A header value as plugins give it. */
export type HeaderValue = string | number | boolean;

/** Names that have passed: plugins set the same few over and over. Bounded, since a plugin may make names up. */
const passed = new Set<string>();
const MOST_PASSED = 1000;

/** @throws Error when the name is not a token (RFC 9110 section 5.6.2) */
export function checkHeaderName(name: string): void {
  if (passed.has(name)) return;
  if (typeof name !== "string") throw new Error(`invalid header name "${String(name)}": got ${typeof name}, expected string`);
  if (!isToken(name)) throw new Error(`invalid header name "${name}"`);
  if (passed.size < MOST_PASSED) passed.add(name);
}

/**
 * The values to send for what a plugin gave. An empty text becomes one blank, as Kong sends it.
 *
 * @throws Error with Kong's text for a wrong type, or one that names the header for a character that HTTP forbids
 */
export function headerValues(name: string, value: HeaderValue | readonly HeaderValue[]): readonly string[] {
  checkHeaderName(name);
  if (Array.isArray(value)) {
    return (value as readonly HeaderValue[]).map((item) =>
      headerText(name, item, () => `invalid header value in array "${name}": got ${typeof item}, expected string`),
    );
  }
  return [
    headerText(
      name,
      value as HeaderValue,
      () => `invalid header value for "${name}": got ${typeof value}, expected array of string, string, number or boolean`,
    ),
  ];
}

function headerText(name: string, item: HeaderValue, wrongType: () => string): string {
  if (typeof item !== "string" && typeof item !== "number" && typeof item !== "boolean") throw new Error(wrongType());
  if (item === "") return " ";
  const text = String(item);
  if (isFieldValue(text)) return text;
  // Field values are bytes: text beyond latin1 goes out as its UTF-8 bytes. Line breaks would split the head: refused.
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  if (!isFieldValue(bytes)) throw new Error(`invalid character in value of header "${name}"`);
  return bytes;
}

/** RFC 9110 section 5.5: visible characters, blank, tab, and bytes beyond ASCII. */
function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if ((code < 32 && code !== 9) || code === 127 || code > 255) return false;
  }
  return true;
}
