import type { EntityDefinition } from "../../schema/entity.js";
import type { Dao, Page } from "../../store/dao.js";
import type { AdminPath } from "../endpoint.js";
import { collectionEndpoints, daoOf, entityEndpoints, parameterOf } from "../entity-endpoints.js";
import { decodeParameter } from "../entity-handle.js";
import { listAnswer, listQuery } from "../lists.js";
import { listOperation } from "../operation.js";

/** What the view of tags has beyond other entities. */
interface TagLists extends Dao {
  pageByTag(tag: string, size: number, offset?: string): Promise<Page<Record<string, unknown>>>;
}

/** All tags, and the records that have one of them. The writes are those of any entity, and all are refused by its rules. */
export function tagPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const definition = definitions.find(({ name }) => name === "tags");
  if (!definition) return [];
  const one = "/tags/{tags}";
  return [
    { pattern: "/tags", endpoints: collectionEndpoints(definition) },
    {
      pattern: one,
      endpoints: {
        ...entityEndpoints(definition),
        GET: {
          operation: {
            ...listOperation(definition.name, false),
            id: "listRecordsWithTag",
            summary: "List the records that have a tag",
          },
          run: async (request) => {
            const query = listQuery(definition, request.query);
            const dao = daoOf(request, definition) as TagLists;
            const page = await dao.pageByTag(decodeParameter(parameterOf(request, definition)), query.size, query.offset);
            return listAnswer(definition, page, request, query);
          },
        },
      },
    },
  ];
}
