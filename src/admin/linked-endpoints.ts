import type { EntityDefinition } from "../schema/entity.js";
import { foreignId } from "../store/keys.js";
import { checkOptions } from "../store/options.js";
import { uuidV4 } from "../util/uuid.js";
import { AnswerError, methodNotAllowed, notFound } from "./answer.js";
import type { AdminRequest } from "./endpoint.js";
import {
  daoOf,
  found,
  insert,
  type ListEndpoints,
  parameterOf,
  type RecordEndpoints,
  recordEndpoints,
  remove,
  selected,
  update,
  upsert,
} from "./entity-endpoints.js";
import { childHandleOf, type EntityHandle, type EntityRecord, handleOf } from "./entity-handle.js";
import { hasTags, listAnswer, listQuery, nothingRepeated } from "./lists.js";
import * as operation from "./operation.js";

/** Two entities, of which one refers to the other. */
export interface Link {
  readonly parent: EntityDefinition;
  readonly child: EntityDefinition;
  /** The child's field that refers to the parent. */
  readonly field: string;
}

/** The children of a parent: `/services/{services}/routes`. */
export function nestedCollectionEndpoints(link: Link): ListEndpoints {
  const { parent, child, field } = link;
  return {
    GET: {
      operation: operation.listOperation(child.name, hasTags(child), parent.name),
      run: async (request) => {
        const parentId = idOf(await selected(request, parent));
        // Tags are checked here and then passed over, as Kong does.
        const { size, offset, options } = listQuery(child, request.query);
        checkOptions(child, options);
        const page = await daoOf(request, child).pageFor(field, parentId, size, offset);
        return listAnswer(child, page, request, nothingRepeated);
      },
    },
    POST: {
      operation: operation.insertOperation(child.name, parent.name, field),
      run: async (request) => {
        const parentId = idOf(await selected(request, parent));
        return insert(request, child, { [field]: { id: parentId } });
      },
    },
  };
}

/** A child below its parent. */
interface Below {
  readonly handle: EntityHandle;
  readonly parentId: string;
}

/**
 * One child of a parent: `/services/{services}/routes/{routes}`.
 *
 * @param handleFor - finds the child that the path names
 * @param key - the field that the path names it by, where it is no id
 */
export function nestedEntityEndpoints(
  link: Link,
  handleFor: HandleBelow = childHandle,
  key: string | undefined = link.child.endpointKey,
): RecordEndpoints {
  const { parent, child, field } = link;
  const below = async (request: AdminRequest): Promise<Below> => {
    const parentId = idOf(await selected(request, parent));
    return { handle: handleFor(request, link, parentId), parentId };
  };
  const owned = async (request: AdminRequest): Promise<Below & { readonly record: EntityRecord }> => {
    const { handle, parentId } = await below(request);
    const record = await handle.select();
    if (!record || foreignId(record[field]) !== parentId) throw new AnswerError(notFound);
    return { handle, parentId, record };
  };
  return {
    GET: {
      operation: operation.selectOperation(child.name),
      run: async (request) => found(child, (await owned(request)).record),
    },
    PUT: {
      operation: operation.upsertOperation(child.name, [field, key]),
      run: async (request) => {
        const { handle, parentId } = await below(request);
        return upsert(request, child, handle, { [field]: { id: parentId } });
      },
    },
    PATCH: {
      operation: operation.updateOperation(child.name),
      run: async (request) => {
        const { handle, parentId } = await owned(request);
        return update(request, child, handle, { [field]: { id: parentId } });
      },
    },
    DELETE: {
      operation: operation.deleteOperation(child.name),
      run: async (request) => remove((await owned(request)).handle),
    },
  };
}

/** Finds the child that a path names below its parent. */
export type HandleBelow = (request: AdminRequest, link: Link, parentId: string) => EntityHandle;

const childHandle: HandleBelow = (request, { child, field }, parentId) =>
  childHandleOf(daoOf(request, child), parameterOf(request, child), field, parentId);

/** The record that a record refers to: `/routes/{routes}/service`. */
export function referencedEntityEndpoints({ parent, child, field }: Link): RecordEndpoints {
  const referenced = async (request: AdminRequest): Promise<EntityHandle> => {
    const id = foreignId((await selected(request, child))[field]);
    if (id === undefined) throw new AnswerError(notFound);
    return handleOf(daoOf(request, parent), id);
  };
  const whole = recordEndpoints(parent, referenced);
  return {
    ...whole,
    PUT: {
      ...whole.PUT,
      run: async (request) => {
        const record = await selected(request, child);
        const known = foreignId(record[field]);
        const id = known ?? uuidV4();
        const answered = await upsert(request, parent, handleOf(daoOf(request, parent), id), {});
        if (known === undefined) await daoOf(request, child).update(record, { [field]: { id } });
        return answered;
      },
    },
    DELETE: {
      operation: {
        kind: "delete",
        summary: `Refused: one of the ${parent.name} is deleted by its own path only`,
        entity: parent.name,
        answers: {
          400: operation.answers.refused,
          404: operation.answers.missing,
          405: { description: "It is there", body: { kind: "message" } },
        },
      },
      run: async (request) => {
        await referenced(request);
        return methodNotAllowed;
      },
    },
  };
}

/** The id of a record that is there. */
export function idOf(record: EntityRecord): string {
  return record.id as string;
}
