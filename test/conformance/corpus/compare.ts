import { isDeepStrictEqual } from "node:util";
import type { EchoRecord } from "../../support/echo-upstream.js";
import type { RawResponse } from "../../support/raw-response.js";
import type { CorpusRecord, ExpectedUpstream, HeaderValues } from "./corpus.js";

/** Present, whatever its value. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the recordings spell it so
const ANY = "${any}";
/** The body is exactly what the upstream answered. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the recordings spell it so
const ECHO = "${echo}";

/** Headers that the recordings leave out. */
const responseHeadersLeftOut =
  /^(date|server|via|x-kong-.*-latency|x-kong-request-id|connection|keep-alive|content-length|transfer-encoding)$/;
const upstreamHeadersLeftOut = /^(x-kong-request-id|connection|user-agent)$/;

/** What came of one request. */
export interface Observed {
  readonly response: RawResponse;
  readonly arrived: readonly EchoRecord[];
}

/**
 * How what came of a request differs from the record.
 *
 * @param via - our own `via` token, where the record has that of the reference gateway
 * @returns a short text for each differing field
 */
export function differences(record: CorpusRecord, { response, arrived }: Observed, via: string): string[] {
  if (record.unstable === true) return [];
  const { status, headers, body } = record.response;
  return [
    ...differ("status", status, response.status),
    ...headerDifferences("header", headers, leaveOut(response.headers, responseHeadersLeftOut)),
    ...bodyDifferences(body, response.text, arrived.at(-1)),
    ...upstreamDifferences(record.upstream, arrived, via),
  ];
}

function upstreamDifferences(expected: ExpectedUpstream | null, arrived: readonly EchoRecord[], via: string): string[] {
  const last = arrived.at(-1);
  if (expected === null) return last === undefined ? [] : [`upstream: nothing should arrive, got ${last.method} ${last.url}`];
  if (last === undefined) return [`upstream: nothing arrived, expected ${expected.method} ${expected.url}`];
  const headers = "via" in expected.headers ? { ...expected.headers, via } : expected.headers;
  return [
    ...differ("upstream attempts", expected.attempts ?? 1, arrived.length),
    ...differ("upstream method", expected.method, last.method),
    ...differ("upstream url", expected.url, last.url),
    ...headerDifferences("upstream header", headers, leaveOut(last.headers, upstreamHeadersLeftOut)),
    ...differ("upstream body", expected.body ?? "", last.body),
  ];
}

function bodyDifferences(expected: unknown, text: string, echoed: EchoRecord | undefined): string[] {
  if (expected === ECHO) return echoed === undefined ? [] : differ("body", JSON.stringify(echoed), text);
  if (typeof expected === "string") return differ("body", expected, text);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return differ("body", expected, text);
  }
  return valueDifferences("body", expected, body);
}

function valueDifferences(where: string, expected: unknown, actual: unknown): string[] {
  if (expected === ANY && actual !== undefined) return [];
  if (!isObject(expected) || !isObject(actual)) return differ(where, expected, actual);
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].flatMap((name) => valueDifferences(`${where}.${name}`, expected[name], actual[name]));
}

function headerDifferences(where: string, expected: HeaderValues, actual: HeaderValues): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].sort().flatMap((name) => valueDifferences(`${where} ${name}`, expected[name], actual[name]));
}

function differ(where: string, expected: unknown, actual: unknown): string[] {
  return isDeepStrictEqual(expected, actual) ? [] : [`${where}: ${show(actual)}, expected ${show(expected)}`];
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function leaveOut(headers: HeaderValues, names: RegExp): HeaderValues {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.test(name)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Brings the `fields` of a refusal to one form: in a list of messages the order means nothing, elsewhere `null` is an index without a
 * fault, and how far a list reaches beyond its last fault means nothing.
 */
export function comparableFields(fields: unknown): unknown {
  if (Array.isArray(fields)) {
    const items = Array.from(fields, (item) => comparableFields(item ?? null));
    const messages = items.filter((item) => item !== null);
    if (messages.every((item) => typeof item === "string")) return messages.sort();
    return items.slice(0, items.findLastIndex((item) => item !== null) + 1);
  }
  if (!isObject(fields)) return fields;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, comparableFields(value)]));
}
