import type { EntityDefinition } from "../schema/entity.js";
import type { Dao, WriteOptions } from "../store/dao.js";
import { foreignId } from "../store/keys.js";
import { isUuid } from "../util/uuid.js";

/** A record of any entity. */
export type EntityRecord = Record<string, unknown>;

type Values = Readonly<Record<string, unknown>>;

/** The record that a path parameter names, whether it is there or not. */
export interface EntityHandle {
  /** The field that the parameter is the value of. */
  readonly field: string;
  readonly value: string | number;
  select(): Promise<EntityRecord | undefined>;
  update(values: Values, options: WriteOptions): Promise<EntityRecord>;
  upsert(values: Values, options: WriteOptions): Promise<EntityRecord>;
  remove(): Promise<void>;
}

/** Percent-decodes a path parameter; what is not valid stays as it is. */
export function decodeParameter(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A parameter that looks like a UUID is an id; any other one is an endpoint key where the entity has one. */
export function handleOf(dao: Dao, parameter: string): EntityHandle {
  const text = decodeParameter(parameter);
  const { endpointKey, primaryKey } = dao.definition;
  if (endpointKey === undefined || isUuid(text)) {
    return {
      field: primaryKey[0] as string,
      value: text,
      select: () => dao.select(text),
      update: (values, options) => dao.update(text, values, options),
      upsert: (values, options) => dao.upsert(text, values, options),
      remove: () => dao.delete(text),
    };
  }
  const kind = dao.definition.fields[endpointKey]?.kind;
  const value = (kind === "number" || kind === "integer") && !Number.isNaN(Number(text)) ? Number(text) : text;
  return {
    field: endpointKey,
    value,
    select: () => dao.selectBy(endpointKey, value),
    update: (values, options) => dao.updateBy(endpointKey, value, values, options),
    upsert: (values, options) => dao.upsertBy(endpointKey, value, values, options),
    remove: () => dao.deleteBy(endpointKey, value),
  };
}

/** Whether the endpoint key alone names a record. That of a target does not: other upstreams may have the same one. */
export function hasOwnKey({ endpointKey, fields }: EntityDefinition): boolean {
  return endpointKey === undefined || fields[endpointKey]?.attributes.unique === true;
}

/** A record below its parent. Where the endpoint key is unique there only, parent and key are looked up together. */
export function childHandleOf(dao: Dao, parameter: string, parentField: string, parentId: string): EntityHandle {
  const handle = handleOf(dao, parameter);
  if (hasOwnKey(dao.definition) || handle.field !== dao.definition.endpointKey) return handle;
  const select = (): Promise<EntityRecord | undefined> =>
    dao.selectByCacheKey(dao.cacheKey({ [parentField]: { id: parentId }, [handle.field]: handle.value }));
  const idOf = async (): Promise<string | undefined> => foreignId(await select());
  return {
    ...handle,
    select,
    update: async (values, options) => dao.update((await idOf()) ?? "", values, options),
    upsert: async (values, options) => {
      const id = await idOf();
      const whole = { ...values, [handle.field]: handle.value };
      return id === undefined ? dao.insert(whole, options) : dao.upsert(id, whole, options);
    },
    remove: async () => {
      const id = await idOf();
      if (id !== undefined) await dao.delete(id);
    },
  };
}
