import { type Buffer, isUtf8 } from "node:buffer";
import type { Pdk } from "../../pdk/pdk.js";
import { changeMembers, isJsonThere, isPresent, membersOf } from "../../util/members.js";
import { changeMultipart } from "../../util/multipart.js";
import { encodeArguments, parseArguments } from "../../util/query.js";
import type { ChangeRules, Changes } from "./changes.js";
import type { RequestEnvironment } from "./environment.js";

type BodyKind = "form" | "json" | "multipart";

/** How the body is written, as far as its type tells. */
function bodyKind(contentType: string | undefined): BodyKind | undefined {
  const type = contentType?.toLowerCase();
  if (type?.includes("application/json")) return "json";
  if (type?.includes("multipart/form-data")) return "multipart";
  return type?.includes("application/x-www-form-urlencoded") ? "form" : undefined;
}

/** The request says that its body is a form. */
export function hasForm(pdk: Pdk): boolean {
  return bodyKind(pdk.request.getHeader("content-type")) === "form";
}

/**
 * Adds the arguments of the form in the body to the query; those of the same name become lists.
 *
 * @returns `false` when the request was refused
 */
export async function formToQuery(pdk: Pdk): Promise<boolean> {
  const raw = await readBody(pdk);
  if (raw === undefined) return false;
  if (raw.length === 0) return true;
  const query = membersOf(pdk.request.getQuery(1000));
  for (const [name, value] of Object.entries(parseForm(raw))) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  pdk.service.request.setQuery(query as Arguments);
  return true;
}

/** Changes the body, when it is of a kind that can be. */
export function changeBody(pdk: Pdk, rules: ChangeRules, environment: RequestEnvironment): Promise<void> | undefined {
  const contentType = pdk.request.getHeader("content-type");
  const kind = bodyKind(contentType);
  if (contentType === undefined || kind === undefined) return undefined;
  return readAndChange(pdk, kind, contentType, rules.render(environment));
}

async function readAndChange(pdk: Pdk, kind: BodyKind, contentType: string, changes: Changes): Promise<void> {
  const raw = await readBody(pdk);
  if (raw === undefined) return;
  const { request } = pdk.service;
  if (kind === "multipart") {
    // `append` does nothing here, as in Kong.
    const changed = changeMultipart(raw, contentType, changes);
    if (changed === undefined) return;
    request.setRawBody(changed.body);
    if (changed.contentType !== contentType) request.setHeader("Content-Type", changed.contentType);
    return;
  }
  const changed = kind === "json" ? changeJson(raw, changes) : changeForm(raw, changes);
  if (changed !== undefined) request.setRawBody(changed);
}

/**
 * A body that cannot be held in memory is refused: sent on as it is, it would carry what the configuration takes away.
 *
 * @returns `undefined` when it was refused
 */
async function readBody(pdk: Pdk): Promise<Buffer | undefined> {
  try {
    return await pdk.request.getRawBody();
  } catch (error) {
    pdk.log.warn(`the body was not transformed: ${(error as Error).message}`);
    pdk.response.error(413);
    return undefined;
  }
}

function changeJson(raw: Buffer, changes: Changes): string | undefined {
  const value = raw.length === 0 ? {} : parseJson(raw);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const members = membersOf(value);
  changeMembers(members, changes, isJsonThere);
  return JSON.stringify(members);
}

function parseJson(raw: Buffer): unknown {
  if (!isUtf8(raw)) return undefined;
  try {
    return JSON.parse(raw.toString("utf8"));
  } catch {
    return undefined;
  }
}

type Arguments = Parameters<typeof encodeArguments>[0];

function changeForm(raw: Buffer, changes: Changes): string {
  const members = membersOf(parseForm(raw));
  changeMembers(members, changes, isPresent);
  return encodeArguments(members as Arguments);
}

function parseForm(raw: Buffer): object {
  return parseArguments(raw.toString("utf8"), Number.POSITIVE_INFINITY);
}
