import type { IncomingMessage } from "node:http";
import { isDeeperThan } from "../util/json-depth.js";
import { bodyWasRead, hasBody, restoreBody } from "../util/parsed-body.js";
import { forEachArgument } from "../util/query.js";
import { BodyTooLargeError, readBody } from "../util/read-body.js";
import { AnswerError, message } from "./answer.js";
import type { FormEntry } from "./form.js";

/** Kong's `nginx_admin_client_max_body_size`. */
const usualMaxBytes = 10 * 1024 * 1024;
const maxArguments = 1000;
/** Kong's parser takes no more levels of JSON. What walks a value calls itself at each of them, so there has to be an end. */
const maxDepth = 1000;

/** How a body is written. */
export type BodyType = "json" | "form" | "multipart" | "yaml" | "none";

/** A request body, read whole. */
export interface RequestBody {
  readonly type: BodyType;
  /** The bytes as text. */
  readonly text: string;
  /** The members of a JSON object; `undefined` for other JSON and other types. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** The fields of either form encoding, in their order. */
  readonly form?: readonly FormEntry[];
}

/** No body. */
export const emptyBody: RequestBody = { type: "none", text: "" };

const prefixes: readonly (readonly [prefix: string, type: BodyType])[] = [
  ["application/json", "json"],
  ["multipart/form-data", "multipart"],
  ["application/x-www-form-urlencoded", "form"],
  ["application/yaml", "yaml"],
  ["text/yaml", "yaml"],
];

/**
 * What the request says its body is. Prefixes are compared with their case, as Kong does.
 *
 * @param yamlToo - YAML is among what the path takes
 * @throws AnswerError 400 for more than one type, 415 for one that is not known
 */
export function bodyType(request: IncomingMessage, yamlToo: boolean): BodyType {
  const given = contentTypes(request);
  if (given.length > 1) {
    throw new AnswerError({
      status: 400,
      body: "Multiple Content-Type headers not allowed",
      headers: { "Content-Type": "text/plain; charset=utf-8" },
    });
  }
  const [type] = given;
  if (type === undefined && !hasBody(request)) return "none";
  const known = prefixes.find(([prefix]) => type?.startsWith(prefix))?.[1];
  if (known === undefined || (known === "yaml" && !yamlToo)) throw new AnswerError(message(415, "Unsupported media type"));
  return known;
}

/** One for each line. (Requests of HTTP/2 have no `headersDistinct`.) */
function contentTypes({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "content-type");
}

/**
 * Reads the body, which a host's parser may have read before.
 *
 * @param raw - JSON that is no object is fine, since the text counts
 * @param maxBytes - the largest body that is taken
 * @throws AnswerError 400, 413
 */
export async function readRequestBody(
  request: IncomingMessage,
  type: BodyType,
  raw: boolean,
  maxBytes = usualMaxBytes,
): Promise<RequestBody> {
  if (type === "none") return emptyBody;
  const bytes = await bytesOf(request, maxBytes);
  const text = bytes.toString("utf8");
  if (type === "json") return jsonBody(text, raw);
  if (type === "form") return { type, text, form: formEntries(text) };
  if (type === "multipart") return { type, text, form: await multipartEntries(bytes, request.headers["content-type"] ?? "") };
  return { type, text };
}

async function bytesOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (bodyWasRead(request)) return restored(request);
  try {
    if (Number(request.headers["content-length"]) > maxBytes) throw new BodyTooLargeError();
    return await readBody(request, maxBytes);
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    // What still comes is thrown away, since a client that is cut off while it sends does not see the answer.
    request.resume();
    throw new AnswerError(message(413, "Payload too large"));
  }
}

function restored(request: IncomingMessage): Buffer {
  try {
    return restoreBody(request)?.body ?? Buffer.alloc(0);
  } catch {
    // Nested more deeply than values can be written.
    throw notJson();
  }
}

function jsonBody(text: string, raw: boolean): RequestBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson();
  }
  if (!raw && isDeeperThan(text, maxDepth)) throw notJson();
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { type: "json", text, json: value as Record<string, unknown> };
  }
  if (!raw) throw notJson();
  return { type: "json", text };
}

function notJson(): AnswerError {
  return new AnswerError(message(400, "Cannot parse JSON body"));
}

function formEntries(text: string): FormEntry[] {
  const entries: FormEntry[] = [];
  forEachArgument(text, (name, value) => {
    if (name !== "") entries.push([name, value]);
  });
  return limited(entries);
}

async function multipartEntries(bytes: Buffer, contentType: string): Promise<FormEntry[]> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData();
  } catch {
    throw new AnswerError(message(400, "Cannot parse multipart body"));
  }
  const entries: FormEntry[] = [];
  for (const [name, value] of form) entries.push([name, typeof value === "string" ? value : await value.text()]);
  return limited(entries);
}

function limited(entries: FormEntry[]): FormEntry[] {
  checkArgumentCount(entries.length);
  return entries;
}

/** @throws AnswerError 400 for more fields of a form, or arguments of a query, than Kong takes */
export function checkArgumentCount(count: number): void {
  if (count > maxArguments) throw new AnswerError(message(400, "Too many arguments"));
}
