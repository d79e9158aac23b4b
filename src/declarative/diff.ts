import { isDeepStrictEqual } from "node:util";
import { type EntityDefinition, foreignFields } from "../schema/entity.js";
import { isObject } from "../schema/values.js";
import type { StoredRecord } from "../store/field-names.js";
import { getOrMake } from "../util/get-or-make.js";
import type { FlattenedEntities } from "./load.js";

/** One record that is in one state only. */
export interface DiffRecord {
  readonly entity: string;
  /** What a person knows it by: `orders`, `key-auth of service orders`. */
  readonly label: string;
  readonly id: string;
}

/** One record that is in both states, with other values. */
export interface DiffChange extends DiffRecord {
  /** By dotted path. */
  readonly fields: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

/** What has to be done to the first state to get the second. */
export interface StateDiff {
  readonly added: readonly DiffRecord[];
  readonly removed: readonly DiffRecord[];
  readonly changed: readonly DiffChange[];
}

/** Values that say when or under which id a record has been stored, and nothing about what it does. */
const bookkeeping: ReadonlySet<string> = new Set(["created_at", "updated_at", "id", "ws_id"]);

/**
 * Compares two states record by record. Records are the same one when they have the same id, else the same name, else the same
 * content; ids and time stamps by themselves are no difference.
 *
 * @param entities - all entities, parents before their children
 * @param from - the state before
 * @param to - the state after
 */
export function diffStates(entities: readonly EntityDefinition[], from: FlattenedEntities, to: FlattenedEntities): StateDiff {
  const added: DiffRecord[] = [];
  const removed: DiffRecord[] = [];
  const changed: DiffChange[] = [];
  const names = new Names(entities, from, to);
  /** Ids of the second state, and those of the same records in the first. */
  const sameAs = new Map<string, string>();
  for (const definition of inOrder(entities, from, to)) {
    const { name } = definition;
    if (name === "workspaces") continue;
    const shape = new Shape(definition, sameAs);
    const before = [...(from.get(name)?.values() ?? [])];
    const after = [...(to.get(name)?.values() ?? [])];
    const pairs = pair(definition, before, after, shape);
    for (const [old, now] of pairs.matched) sameAs.set(String(now.id), String(old.id));
    for (const [old, now] of pairs.matched) {
      const fields = changes(shape.of(old), shape.of(now, true));
      if (Object.keys(fields).length > 0) changed.push({ ...names.record(definition, now), fields });
    }
    for (const record of pairs.before) removed.push(names.record(definition, record));
    for (const record of pairs.after) added.push(names.record(definition, record));
  }
  return { added, removed, changed };
}

/** Flattened states have their entities in order of dependency. */
function inOrder(entities: readonly EntityDefinition[], ...states: readonly FlattenedEntities[]): EntityDefinition[] {
  const byName = new Map(entities.map((definition) => [definition.name, definition]));
  const ordered = new Set<EntityDefinition>();
  const visit = (definition: EntityDefinition, above: ReadonlySet<string>): void => {
    if (ordered.has(definition) || above.has(definition.name)) return;
    for (const [, { reference = "" }] of foreignFields(definition)) {
      const parent = byName.get(reference);
      if (parent) visit(parent, new Set([...above, definition.name]));
    }
    ordered.add(definition);
  };
  for (const definition of entities) if (states.some((state) => state.has(definition.name))) visit(definition, new Set());
  return [...ordered];
}

/** The content of records, comparable between the two states. */
class Shape {
  readonly #foreign: readonly string[];
  readonly #sameAs: ReadonlyMap<string, string>;

  constructor(definition: EntityDefinition, sameAs: ReadonlyMap<string, string>) {
    this.#foreign = foreignFields(definition).map(([name]) => name);
    this.#sameAs = sameAs;
  }

  /** @param isAfter - of the second state, whose ids may be others */
  of(record: StoredRecord, isAfter = false): Record<string, unknown> {
    const shape: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(record)) {
      if (bookkeeping.has(name) || value === null) continue;
      shape[name] = isAfter && this.#foreign.includes(name) ? this.#reference(value) : value;
    }
    return shape;
  }

  #reference(value: unknown): unknown {
    return isObject(value) ? { id: this.#sameAs.get(String(value.id)) ?? value.id } : value;
  }
}

interface Pairs {
  readonly matched: readonly (readonly [StoredRecord, StoredRecord])[];
  readonly before: readonly StoredRecord[];
  readonly after: readonly StoredRecord[];
}

function pair(
  definition: EntityDefinition,
  before: readonly StoredRecord[],
  after: readonly StoredRecord[],
  shape: Shape,
): Pairs {
  const { primaryKey, endpointKey } = definition;
  const key = (fields: readonly string[]) => (record: StoredRecord) =>
    fields.every((field) => record[field] !== null && record[field] !== undefined)
      ? JSON.stringify(fields.map((field) => record[field]))
      : undefined;
  const content = (isAfter: boolean) => (record: StoredRecord) => stableText(shape.of(record, isAfter));
  const uniqueName = endpointKey !== undefined && definition.fields[endpointKey]?.attributes.unique === true ? [endpointKey] : [];
  const keys: [Key, Key][] = [
    [key(primaryKey), key(primaryKey)],
    ...(uniqueName.length === 0 ? [] : [[key(uniqueName), key(uniqueName)] as [Key, Key]]),
    [content(false), content(true)],
    ...(definition.cacheKey ? [[cacheKey(definition, shape, false), cacheKey(definition, shape, true)] as [Key, Key]] : []),
  ];
  const matched: (readonly [StoredRecord, StoredRecord])[] = [];
  let left = before;
  let right = after;
  for (const [ofBefore, ofAfter] of keys) {
    const waiting = new Map<string, StoredRecord[]>();
    for (const record of left) {
      const found = ofBefore(record);
      if (found !== undefined) getOrMake(waiting, found, () => [] as StoredRecord[]).push(record);
    }
    const taken = new Set<StoredRecord>();
    right = right.filter((record) => {
      const found = ofAfter(record);
      const partner = found === undefined ? undefined : waiting.get(found)?.shift();
      if (!partner) return true;
      taken.add(partner);
      matched.push([partner, record]);
      return false;
    });
    left = left.filter((record) => !taken.has(record));
  }
  return { matched, before: left, after: right };
}

type Key = (record: StoredRecord) => string | undefined;

/** One plugin of a kind is all that a service may have, whatever its id is. */
function cacheKey({ cacheKey: fields = [] }: EntityDefinition, shape: Shape, isAfter: boolean): Key {
  return (record) => {
    const values = shape.of(record, isAfter);
    return stableText(fields.map((field) => values[field] ?? null));
  };
}

function stableText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}

function changes(from: unknown, to: unknown, path = ""): Record<string, { from: unknown; to: unknown }> {
  if (isDeepStrictEqual(from, to)) return {};
  if (!isObject(from) || !isObject(to)) return { [path]: { from: from ?? null, to: to ?? null } };
  const found: Record<string, { from: unknown; to: unknown }> = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [old, now] = [from[name] ?? null, to[name] ?? null];
    Object.assign(found, changes(old, now, path === "" ? name : `${path}.${name}`));
  }
  return found;
}

/** Names of records for people. */
class Names {
  readonly #byName: ReadonlyMap<string, EntityDefinition>;
  readonly #states: readonly FlattenedEntities[];

  constructor(entities: readonly EntityDefinition[], ...states: readonly FlattenedEntities[]) {
    this.#byName = new Map(entities.map((definition) => [definition.name, definition]));
    this.#states = states;
  }

  record(definition: EntityDefinition, record: StoredRecord): DiffRecord {
    return {
      entity: definition.name,
      label: this.#label(definition, record),
      id: definition.primaryKey.map((key) => record[key]).join(":"),
    };
  }

  #label(definition: EntityDefinition, record: StoredRecord): string {
    const own = this.#ownName(definition, record);
    const owners = foreignFields(definition).flatMap(([field, { reference = "" }]) => {
      const value = record[field];
      if (!isObject(value)) return [];
      return [`${field} ${this.#nameOf(reference, String(value.id))}`];
    });
    return owners.length === 0 ? own : `${own} of ${owners.join(", ")}`;
  }

  #ownName({ endpointKey, primaryKey }: EntityDefinition, record: StoredRecord): string {
    const candidates = [endpointKey === undefined ? undefined : record[endpointKey], record.name, record.group];
    const name = candidates.find((candidate) => typeof candidate === "string" && candidate !== "");
    return String(name ?? record[primaryKey[0] as string]);
  }

  #nameOf(entity: string, id: string): string {
    const definition = this.#byName.get(entity);
    const record = this.#states.map((state) => state.get(entity)?.get(id)).find((found) => found !== undefined);
    return definition && record ? this.#ownName(definition, record) : id;
  }
}
