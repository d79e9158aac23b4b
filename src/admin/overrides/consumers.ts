import type { EntityDefinition } from "../../schema/entity.js";
import { message } from "../answer.js";
import type { AdminPath } from "../endpoint.js";
import { collectionEndpoints, daoOf } from "../entity-endpoints.js";
import { listAnswer, nothingRepeated } from "../lists.js";

/** The list of consumers can be asked for the one with a `custom_id`. */
export function consumerPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const definition = definitions.find(({ name }) => name === "consumers");
  if (!definition) return [];
  const endpoints = collectionEndpoints(definition);
  const { operation, run } = endpoints.GET;
  const query = { ...operation.query, custom_id: { type: "string", minLength: 1 } };
  return [
    {
      pattern: "/consumers",
      endpoints: {
        ...endpoints,
        GET: {
          operation: { ...operation, query },
          run: async (request) => {
            const { custom_id: wanted } = request.query;
            if (wanted === undefined) return run(request);
            if (typeof wanted !== "string" || wanted === "") return message(400, "custom_id must be an unempty string");
            const found = await daoOf(request, definition).selectBy("custom_id", wanted);
            return listAnswer(definition, { data: found ? [found] : [] }, request, nothingRepeated);
          },
        },
      },
    },
  ];
}
