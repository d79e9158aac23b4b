import type { Pdk, PluginEntities } from "../../pdk/pdk.js";
import type { MaybePromise } from "../../util/maybe-promise.js";
import { changeMultipart } from "../../util/multipart.js";

/** Where keys are looked for. */
export interface KeyPlaces {
  readonly key_names: readonly string[];
  readonly key_in_header: boolean;
  readonly key_in_query: boolean;
  readonly key_in_body: boolean;
  readonly hide_credentials: boolean;
}

/** The request names more than one key. */
export const DUPLICATE = Symbol("duplicate key");

/** A key, {@link DUPLICATE}, or `undefined` when there is none. */
export type FoundKey = string | typeof DUPLICATE | undefined;

type BodyFields = Readonly<Record<string, unknown>>;

/**
 * The first text under one of the names; per name the header comes first, then the query, then the body. It is taken off the
 * request, from wherever it stands, when credentials are to be hidden; so are keys that are too many, since an anonymous consumer may
 * stand in for whoever sent them.
 */
export function findKey<E extends PluginEntities>(pdk: Pdk<E>, config: KeyPlaces): MaybePromise<FoundKey> {
  if (config.key_in_body) return findKeyInBodyToo(pdk, config);
  for (const name of config.key_names) {
    const found = keyIn(outsideBody(pdk, config, name));
    if (found === undefined) continue;
    if (config.hide_credentials) hideOutsideBody(pdk, name);
    return found;
  }
  return undefined;
}

async function findKeyInBodyToo<E extends PluginEntities>(pdk: Pdk<E>, config: KeyPlaces): Promise<FoundKey> {
  // Only read when a name is found nowhere else: an upload with the key in a header streams on.
  let fields: BodyFields | undefined;
  for (const name of config.key_names) {
    let value = outsideBody(pdk, config, name);
    if (value === undefined) {
      fields ??= await readFields(pdk);
      value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    }
    const found = keyIn(value);
    if (found === undefined) continue;
    if (config.hide_credentials) {
      hideOutsideBody(pdk, name);
      await hideInBody(pdk, name, fields ?? (await readFields(pdk)));
    }
    return found;
  }
  return undefined;
}

function outsideBody<E extends PluginEntities>(pdk: Pdk<E>, { key_in_header, key_in_query }: KeyPlaces, name: string): unknown {
  if (key_in_header) {
    const values = pdk.request.getHeaderValues(name);
    if (values !== undefined) return values.length === 1 ? values[0] : values;
  }
  return key_in_query ? pdk.request.getQuery()[name] : undefined;
}

/** What a value means as a key. Kong does not tell JSON objects from lists. */
function keyIn(value: unknown): FoundKey {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? DUPLICATE : undefined;
}

/** The fields of a form, JSON object or multipart body. A body that cannot be read as one has none. */
async function readFields<E extends PluginEntities>(pdk: Pdk<E>): Promise<BodyFields> {
  try {
    const { body } = await pdk.request.getBody();
    return body === undefined || Array.isArray(body) ? {} : (body as BodyFields);
  } catch {
    return {};
  }
}

const isMultipart = /^multipart\/form-data/i;

function hideOutsideBody<E extends PluginEntities>(pdk: Pdk<E>, name: string): void {
  const { request } = pdk.service;
  request.clearQueryArg(name);
  request.clearHeader(name);
  // `api_key` is also found in a header `api-key`.
  if (name.includes("_")) request.clearHeader(name.replaceAll("_", "-"));
}

async function hideInBody<E extends PluginEntities>(pdk: Pdk<E>, name: string, fields: BodyFields): Promise<void> {
  if (!Object.hasOwn(fields, name)) return;
  const type = pdk.request.getHeader("content-type") ?? "";
  // Encoded anew, a form would lose the names, types and bytes of its files.
  const form = isMultipart.test(type) ? changeMultipart(await pdk.request.getRawBody(), type, { remove: [name] }) : undefined;
  if (form !== undefined) return pdk.service.request.setRawBody(form.body);
  const { [name]: _key, ...rest } = fields;
  await pdk.service.request.setBody(rest);
}
