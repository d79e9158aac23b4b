import { type Arguments, encodeArguments, parseArguments } from "../util/query.js";

/** A decoded body, or Kong's text for why it cannot be decoded. */
export interface DecodedBody {
  readonly body?: Readonly<Record<string, unknown>> | readonly unknown[];
  /** The media type by which it was decoded. */
  readonly mime?: string;
  readonly error?: string;
}

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const MULTIPART = "multipart/form-data";

/** Decodes a form, JSON or multipart body. Never throws. */
export async function decodeBody(raw: Buffer, contentType: string, maxArgs: number): Promise<DecodedBody> {
  const type = contentType.toLowerCase();
  if (type.startsWith(FORM)) return { body: parseArguments(raw.toString("utf8"), maxArgs), mime: FORM };
  if (type.startsWith(JSON_TYPE)) return decodeJson(raw);
  if (type.startsWith(MULTIPART)) return decodeMultipart(raw, contentType);
  return { error: `unsupported content type '${contentType}'`, mime: contentType };
}

function decodeJson(raw: Buffer): DecodedBody {
  try {
    const value: unknown = JSON.parse(raw.toString("utf8"));
    if (typeof value === "object" && value !== null) return { body: value as Readonly<Record<string, unknown>>, mime: JSON_TYPE };
  } catch {
    // reported below
  }
  return { error: "invalid json body", mime: JSON_TYPE };
}

async function decodeMultipart(raw: Buffer, contentType: string): Promise<DecodedBody> {
  try {
    // Node's own parser; file parts are read as text, as Kong does.
    const form = await new Response(new Uint8Array(raw), { headers: { "content-type": contentType } }).formData();
    const fields: Arguments = Object.create(null);
    for (const name of new Set(form.keys())) {
      const values = await Promise.all(form.getAll(name).map((value) => (typeof value === "string" ? value : value.text())));
      fields[name] = values.length === 1 ? (values[0] as string) : values;
    }
    return { body: fields, mime: MULTIPART };
  } catch {
    return { error: "unable to decode multipart body", mime: MULTIPART };
  }
}

type FormArguments = Parameters<typeof encodeArguments>[0];

/**
 * Encodes a body by media type.
 *
 * @throws Error with Kong's text for another type
 */
export async function encodeBody(
  value: Readonly<Record<string, unknown>> | readonly unknown[],
  contentType: string,
): Promise<{ body: Buffer; contentType: string }> {
  const type = contentType.toLowerCase();
  if (type.startsWith(FORM)) return { body: Buffer.from(encodeArguments(value as FormArguments)), contentType };
  if (type.startsWith(JSON_TYPE)) return { body: Buffer.from(JSON.stringify(value)), contentType };
  if (!type.startsWith(MULTIPART)) throw new Error(`unsupported content type ${contentType}`);
  const form = new FormData();
  for (const [name, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const element of Array.isArray(item) ? item : [item]) form.append(name, String(element));
  }
  const response = new Response(form);
  return { body: Buffer.from(await response.arrayBuffer()), contentType: response.headers.get("content-type") ?? contentType };
}
