import { randomBytes } from "node:crypto";
import { UniqueViolationError } from "../../errors/dao-errors.js";
import type { EntityDefinition } from "../../schema/entity.js";
import { foreignId } from "../../store/keys.js";
import { isUuid, uuidV4 } from "../../util/uuid.js";
import { AnswerError } from "../answer.js";
import type { AdminPath } from "../endpoint.js";
import { daoOf, parameterOf } from "../entity-endpoints.js";
import { decodeParameter, type EntityHandle, type EntityRecord, handleOf } from "../entity-handle.js";
import { nestedPattern } from "../entity-paths.js";
import { type HandleBelow, type Link, nestedEntityEndpoints } from "../linked-endpoints.js";

/** Below a consumer, the name of a group stands for the consumer's membership in it. */
export function aclPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const parent = definitions.find(({ name }) => name === "consumers");
  const child = definitions.find(({ name }) => name === "acls");
  if (!parent || !child) return [];
  const link: Link = { parent, child, field: "consumer" };
  return [{ pattern: `${nestedPattern(link)}/{${child.name}}`, endpoints: nestedEntityEndpoints(link, membership, "group") }];
}

const membership: HandleBelow = (request, { child, field }, consumer) => {
  const dao = daoOf(request, child);
  const given = parameterOf(request, child);
  const group = decodeParameter(given);
  if (isUuid(group)) return handleOf(dao, given);
  const find = (): Promise<EntityRecord | undefined> => dao.selectByCacheKey(dao.cacheKey({ [field]: { id: consumer }, group }));
  const handle: EntityHandle = {
    field: "group",
    value: group,
    select: async () => {
      const record = await find();
      if (!record) throw unknownGroup();
      return record;
    },
    update: async (values, options) => dao.update((await find()) ?? {}, values, options),
    upsert: async (values, options) => {
      const put = async (): Promise<EntityRecord> =>
        dao.upsert(foreignId(await find()) ?? uuidV4(), { group, ...values }, options);
      try {
        return await put();
      } catch (error) {
        // Somebody may have put the consumer into the group in between: then it is that membership which is replaced.
        if (error instanceof UniqueViolationError) return put();
        throw error;
      }
    },
    remove: async () => {
      const record = await find();
      if (record) await dao.delete(record);
    },
  };
  return handle;
};

/** Kong answers with its error template here, which has the id of the request. */
function unknownGroup(): AnswerError {
  return new AnswerError({ status: 404, body: { message: "Not found", request_id: randomBytes(16).toString("hex") } });
}
