import { InvalidOptionsError } from "../errors/dao-errors.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { PageOptions, WriteOptions } from "./dao.js";
import { defaultWorkspaceId } from "./keys.js";

const maxTags = 5;
const maxTtl = 100_000_000;
const tag = /^[\x20-\x2B\x2D\x2E\x30-\x7E\u{80}-\u{10FFFF}]+$/u;

/**
 * Checks the options of a call against the entity.
 *
 * @throws `InvalidOptionsError` with a text per bad option
 */
export function checkOptions(definition: EntityDefinition, options?: PageOptions & WriteOptions): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) throw new InvalidOptionsError({ options: "must be an object" });
  if (isEmpty(options)) return;
  const faults: Record<string, string> = {};
  for (const name of ["skip_ttl", "export", "transform", "show_ws_id", "fresh"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "boolean") faults[name] = "must be a boolean";
  }
  if (options.ttl !== undefined) {
    if (!definition.ttl) faults.ttl = `cannot be used with '${definition.name}'`;
    else if (!Number.isInteger(options.ttl) || options.ttl < 0 || options.ttl > maxTtl) {
      faults.ttl = `must be an integer between 0 and ${maxTtl}`;
    }
  }
  const tagFault = tagsFault(definition, options.tags);
  if (tagFault !== undefined) faults.tags = tagFault;
  else if (options.tags && options.tags.length > 1 && options.tags_cond !== "and" && options.tags_cond !== "or") {
    faults.tags_cond = "must be a either 'and' or 'or' when more than one tag is specified";
  }
  const workspace = workspaceFault(options.workspace);
  if (workspace !== undefined) faults.workspace = workspace;
  for (const [name, size] of Object.entries(options.pagination ?? {})) {
    const fault = sizeFault(name, size, options.pagination?.max_page_size ?? 50_000);
    if (fault !== undefined) faults[name] = fault;
  }
  if (Object.keys(faults).length > 0) throw new InvalidOptionsError(faults);
}

/** Most calls have none, and the checks would be a good part of the time of a read. */
function isEmpty(options: object): boolean {
  for (const _ in options) return false;
  return true;
}

function workspaceFault(workspace: unknown): string | undefined {
  if (workspace === undefined || workspace === null) return undefined;
  if (typeof workspace !== "string") return "must be a string or null";
  return workspace === "default" || workspace.toLowerCase() === defaultWorkspaceId ? undefined : "invalid workspace";
}

function sizeFault(name: string, size: unknown, max: number): string | undefined {
  if (size === undefined) return undefined;
  if (typeof size !== "number") return "must be a number";
  if (name === "max_page_size") return Number.isInteger(size) && size > 0 ? undefined : "must be an integer greater than 0";
  return Number.isInteger(size) && size >= 1 && size <= max ? undefined : `must be an integer between 1 and ${max}`;
}

function tagsFault(definition: EntityDefinition, tags: unknown): string | undefined {
  if (tags === undefined) return undefined;
  if (!Object.hasOwn(definition.fields, "tags")) return `cannot be used with '${definition.name}'`;
  if (!Array.isArray(tags)) return "must be a table";
  if (tags.length > maxTags) return `cannot query more than ${maxTags} tags`;
  const isFine = tags.every((one) => typeof one === "string" && tag.test(one));
  return isFine ? undefined : "must only contain printable ascii (except `,` and `/`) or valid utf-8";
}

/** Whether a record has the tags that are asked for. */
export function hasTags(record: Readonly<Record<string, unknown>>, { tags, tags_cond }: PageOptions): boolean {
  if (!tags || tags.length === 0) return true;
  const own = record.tags;
  if (!Array.isArray(own)) return false;
  return tags_cond === "or" ? tags.some((one) => own.includes(one)) : tags.every((one) => own.includes(one));
}
