import { DaoError, InvalidOptionsError, InvalidSizeError } from "../errors/dao-errors.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { Page, PageOptions } from "../store/dao.js";
import type { Arguments, ArgumentValue } from "../util/query.js";
import { type AdminAnswer, answer } from "./answer.js";
import type { AdminRequest } from "./endpoint.js";
import { shownEntity } from "./shown-entity.js";

const defaultSize = 100;
const maxSize = 1000;

/** What a client asked of a list. */
export interface ListQuery {
  readonly size: number;
  readonly offset: string | undefined;
  readonly options: PageOptions;
  /** For the link to the next page: as given. */
  readonly givenTags: string | undefined;
  readonly givenSize: string | undefined;
}

/** Whether records of the entity have tags, by which lists can be narrowed down. */
export function hasTags({ fields }: EntityDefinition): boolean {
  return Object.hasOwn(fields, "tags");
}

/**
 * Reads `size`, `offset` and `tags`; everything else is passed over.
 *
 * @throws `DaoError` 9 for a bad size, `InvalidOptionsError` for bad tags
 */
export function listQuery(definition: EntityDefinition, query: Arguments): ListQuery {
  const givenSize = first(query.size);
  const givenTags = hasTags(definition) ? first(query.tags) : undefined;
  return {
    size: givenSize === undefined ? defaultSize : sizeOf(givenSize),
    offset: first(query.offset),
    options: givenTags === undefined ? {} : tagOptions(givenTags),
    givenTags,
    givenSize,
  };
}

/** An argument without a value is an empty one. */
function first(value: ArgumentValue | undefined): string | undefined {
  const [one] = [value].flat();
  return one === true ? "" : one;
}

function sizeOf(text: string): number {
  const size = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(size)) throw new DaoError(9, "size must be a number");
  if (!Number.isInteger(size) || size < 1 || size > maxSize) throw new InvalidSizeError(maxSize);
  return size;
}

function tagOptions(text: string): PageOptions {
  if (text === "") throw new InvalidOptionsError({ tags: "cannot be null" });
  if (/^[^,/]+(?:,[^,/]+)*$/.test(text)) return { tags: text.split(","), tags_cond: "and" };
  if (/^[^,/]+(?:\/[^,/]+)*$/.test(text)) return { tags: text.split("/"), tags_cond: "or" };
  throw new InvalidOptionsError({ tags: "invalid filter syntax" });
}

/** The links of nested lists repeat nothing of the query, as in Kong. */
export const nothingRepeated = { givenTags: undefined, givenSize: undefined } as const;

/**
 * One page of a list.
 *
 * @param request - for the link to the next page: its path, as the client knows it
 * @param repeated - what the link to the next page repeats of the query
 */
export function listAnswer(
  definition: EntityDefinition,
  { data, offset }: Page<Readonly<Record<string, unknown>>>,
  { mountPath, path }: Pick<AdminRequest, "mountPath" | "path">,
  repeated: Pick<ListQuery, "givenTags" | "givenSize">,
): AdminAnswer {
  const shown = data.map((record) => shownEntity(definition, record));
  if (offset === undefined) return answer(200, { data: shown, next: null });
  const pieces = [
    `offset=${encodeURIComponent(offset)}`,
    ...(repeated.givenTags === undefined ? [] : [`tags=${encodeURIComponent(repeated.givenTags)}`]),
    ...(repeated.givenSize === undefined ? [] : [`size=${encodeURIComponent(repeated.givenSize)}`]),
  ];
  return answer(200, { data: shown, next: `${mountPath}${path.replace(/\/$/, "")}?${pieces.join("&")}`, offset });
}
