import type { EntityDefinition } from "../schema/entity.js";
import type { Dao } from "../store/dao.js";
import { type AdminAnswer, AnswerError, answer, notFound } from "./answer.js";
import type { AdminRequest, Endpoint } from "./endpoint.js";
import { type EntityInput, entityInput } from "./entity-body.js";
import { type EntityHandle, type EntityRecord, handleOf } from "./entity-handle.js";
import { hasTags, listAnswer, listQuery } from "./lists.js";
import * as operation from "./operation.js";
import { shownEntity } from "./shown-entity.js";

/** All methods of a list. */
export type ListEndpoints = Readonly<Record<"GET" | "POST", Endpoint>>;

/** All methods of one record. */
export type RecordEndpoints = Readonly<Record<"GET" | "PUT" | "PATCH" | "DELETE", Endpoint>>;

/** The list of an entity: `/services`. */
export function collectionEndpoints(definition: EntityDefinition): ListEndpoints {
  return {
    GET: {
      operation: operation.listOperation(definition.name, hasTags(definition)),
      run: async (request) => {
        const query = listQuery(definition, request.query);
        const page = await daoOf(request, definition).page(query.size, query.offset, query.options);
        return listAnswer(definition, page, request, query);
      },
    },
    POST: {
      operation: operation.insertOperation(definition.name),
      run: async (request) => insert(request, definition, {}),
    },
  };
}

/** One record: `/services/{services}`. */
export function entityEndpoints(definition: EntityDefinition): RecordEndpoints {
  return recordEndpoints(definition, (request) => handleOf(daoOf(request, definition), parameterOf(request, definition)));
}

/** The methods of one record, however its path names it. */
export function recordEndpoints(
  definition: EntityDefinition,
  handle: (request: AdminRequest) => EntityHandle | Promise<EntityHandle>,
): RecordEndpoints {
  const { name, endpointKey } = definition;
  return {
    GET: {
      operation: operation.selectOperation(name),
      run: async (request) => found(definition, await (await handle(request)).select()),
    },
    PUT: {
      operation: operation.upsertOperation(name, [endpointKey]),
      run: async (request) => upsert(request, definition, await handle(request), {}),
    },
    PATCH: {
      operation: operation.updateOperation(name),
      run: async (request) => update(request, definition, await handle(request)),
    },
    DELETE: { operation: operation.deleteOperation(name), run: async (request) => remove(await handle(request)) },
  };
}

/** The DAO of an entity in the store of the moment. */
export function daoOf({ context }: AdminRequest, { name }: Pick<EntityDefinition, "name">): Dao {
  const dao = context.store[name];
  if (!dao) throw new TypeError(`the store has no entity '${name}'`);
  return dao;
}

/** The path parameter of an entity, as it came. */
export function parameterOf({ params }: AdminRequest, { name }: EntityDefinition): string {
  return params[name] as string;
}

/** The record that a path parameter names. */
export async function selected(request: AdminRequest, definition: EntityDefinition): Promise<EntityRecord> {
  const record = await handleOf(daoOf(request, definition), parameterOf(request, definition)).select();
  if (!record) throw new AnswerError(notFound);
  return record;
}

/** 200 with the record, or 404. */
export function found(definition: EntityDefinition, record: EntityRecord | undefined): AdminAnswer {
  return record ? answer(200, shownEntity(definition, record)) : notFound;
}

/** @param forced - fields that the path sets, whatever the body says */
export async function insert(request: AdminRequest, definition: EntityDefinition, forced: EntityRecord): Promise<AdminAnswer> {
  const { values, options } = entityInput(definition, request.body);
  const record = await daoOf(request, definition).insert({ ...values, ...forced }, options);
  return answer(201, shownEntity(definition, record));
}

/** @param forced - fields that the path sets, whatever the body says */
export async function upsert(
  request: AdminRequest,
  definition: EntityDefinition,
  handle: EntityHandle,
  forced: EntityRecord,
): Promise<AdminAnswer> {
  const { values, options } = entityInput(definition, request.body);
  const whole = { ...unsetLists(definition), ...values, ...forced };
  return answer(200, shownEntity(definition, await handle.upsert(whole, options)));
}

/** A replacement leaves nothing of what was there before, so the lists that are records of their own (`snis`) go as well. */
function unsetLists({ fields }: EntityDefinition): EntityRecord {
  const transient = Object.entries(fields).filter(([, { attributes }]) => attributes.transient === true);
  return Object.fromEntries(transient.map(([name]) => [name, null]));
}

/** @param known - fields that the path tells, where the body does not say otherwise: rules may look at them together with what changes */
export async function update(
  request: AdminRequest,
  definition: EntityDefinition,
  handle: EntityHandle,
  known: EntityRecord = {},
): Promise<AdminAnswer> {
  const { values, options } = await changes(request, definition, handle);
  return answer(200, shownEntity(definition, await handle.update({ ...known, ...values }, options)));
}

/** The kind of record, which a change does not have to name again, tells the types of a form's texts and the old names of fields. */
async function changes({ body }: AdminRequest, definition: EntityDefinition, handle: EntityHandle): Promise<EntityInput> {
  const { subschemaKey } = definition;
  if (subschemaKey === undefined) return entityInput(definition, body);
  const kind = (await handle.select())?.[subschemaKey];
  const { values, options } = entityInput(definition, body, kind);
  return { values: typeof kind === "string" ? { [subschemaKey]: kind, ...values } : values, options };
}

/** 204, also where there is nothing to delete. */
export async function remove(handle: EntityHandle): Promise<AdminAnswer> {
  await handle.remove();
  return answer(204);
}
