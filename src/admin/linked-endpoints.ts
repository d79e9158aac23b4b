import type { EntityDefinition } from "../schema/entity.js";
import { foreignId } from "../store/keys.js";
import { uuidV4 } from "../util/uuid.js";
import { AnswerError, methodNotAllowed, notFound } from "./answer.js";
import type { AdminRequest, Endpoints } from "./endpoint.js";
import { daoOf, found, insert, parameterOf, remove, selected, update, upsert } from "./entity-endpoints.js";
import { childHandleOf, type EntityHandle, type EntityRecord, handleOf } from "./entity-handle.js";
import { listAnswer, listQuery } from "./lists.js";
import { nestedName, pathName } from "./path-names.js";

/** Two entities, of which one refers to the other. */
export interface Link {
  readonly parent: EntityDefinition;
  readonly child: EntityDefinition;
  /** The child's field that refers to the parent. */
  readonly field: string;
}

/** The children of a parent: `/services/{services}/routes`. */
export function nestedCollectionEndpoints({ parent, child, field }: Link): Endpoints {
  return {
    GET: async (request) => {
      const parentId = idOf(await selected(request, parent));
      // Tags are checked here and then passed over, as Kong does.
      const { size, offset } = listQuery(child, request.query);
      const page = await daoOf(request, child).pageFor(field, parentId, size, offset);
      return listAnswer(child, page, `${request.mountPath}${nestedPath(request, { parent, child, field })}`, {
        givenTags: undefined,
        givenSize: undefined,
      });
    },
    POST: async (request) => {
      const parentId = idOf(await selected(request, parent));
      return insert(request, child, { [field]: { id: parentId } });
    },
  };
}

/** One child of a parent: `/services/{services}/routes/{routes}`. */
export function nestedEntityEndpoints({ parent, child, field }: Link): Endpoints {
  const handleBelow = async (request: AdminRequest): Promise<{ handle: EntityHandle; parentId: string }> => {
    const parentId = idOf(await selected(request, parent));
    return { handle: childHandleOf(daoOf(request, child), parameterOf(request, child), field, parentId), parentId };
  };
  const owned = async (request: AdminRequest): Promise<{ handle: EntityHandle; record: EntityRecord }> => {
    const { handle, parentId } = await handleBelow(request);
    const record = await handle.select();
    if (!record || foreignId(record[field]) !== parentId) throw new AnswerError(notFound);
    return { handle, record };
  };
  return {
    GET: async (request) => found(child, (await owned(request)).record),
    PUT: async (request) => {
      const { handle, parentId } = await handleBelow(request);
      return upsert(request, child, handle, { [field]: { id: parentId } });
    },
    PATCH: async (request) => update(request, child, (await owned(request)).handle),
    DELETE: async (request) => remove((await owned(request)).handle),
  };
}

/** The record that a record refers to: `/routes/{routes}/service`. */
export function referencedEntityEndpoints({ parent, child, field }: Link): Endpoints {
  const referenced = async (request: AdminRequest): Promise<EntityHandle> => {
    const id = foreignId((await selected(request, child))[field]);
    if (id === undefined) throw new AnswerError(notFound);
    return handleOf(daoOf(request, parent), id);
  };
  return {
    GET: async (request) => found(parent, await (await referenced(request)).select()),
    PUT: async (request) => {
      const record = await selected(request, child);
      const known = foreignId(record[field]);
      const id = known ?? uuidV4();
      const answered = await upsert(request, parent, handleOf(daoOf(request, parent), id), {});
      if (known === undefined) await daoOf(request, child).update(record, { [field]: { id } });
      return answered;
    },
    PATCH: async (request) => update(request, parent, await referenced(request)),
    DELETE: async (request) => {
      await referenced(request);
      return methodNotAllowed;
    },
  };
}

/** The id of a record that is there. */
export function idOf(record: EntityRecord): string {
  return record.id as string;
}

/** The path of a list of children, with the parent's parameter as it came. */
export function nestedPath(request: AdminRequest, { parent, child }: Link): string {
  return `/${pathName(parent)}/${parameterOf(request, parent)}/${nestedName(child)}`;
}
