import { compileSchema } from "../schema/compile.js";
import type { CompiledSchema } from "../schema/compiled.js";
import { type EntityDefinition, foreignFields } from "../schema/entity.js";
import { type QuickCompleter, quickCompleter } from "../schema/quick.js";
import { getOrMake } from "../util/get-or-make.js";
import { uuidBytes, uuidV5 } from "../util/uuid.js";

import type { DocumentRecord } from "./records.js";

/** The namespace of all ids that are derived from content. Kong's, so that both derive the same ids. */
const rootNamespace = uuidBytes("fd02801f-0957-4a15-a55a-c8d9606f30b5");

/** An entity as documents see it. */
export interface DeclarativeEntity {
  readonly name: string;
  readonly definition: EntityDefinition;
  readonly schema: CompiledSchema;
  /** Completes and checks records that are in order. The owner it takes is the record. */
  readonly quick: QuickCompleter<DocumentRecord>;
  readonly foreign: readonly ForeignReference[];
  /** The lists that may stand inside a record, by key, and the field of the child that refers back. */
  readonly children: Map<string, { readonly entity: DeclarativeEntity; readonly field: string }>;
  /** The only part of the primary key, where records without one get a UUID. */
  readonly idField: string | undefined;
  readonly idNamespace: Buffer;
  /** Set when records may be referred to by it. */
  readonly uniqueEndpointKey: string | undefined;
  /** The other unique fields. */
  readonly uniqueFields: readonly string[];
}

/** A foreign field and the entity that it refers to. */
export interface ForeignReference {
  readonly field: string;
  readonly target: string;
  readonly cascade: boolean;
}

/** All entities of a document: parents before children, otherwise in the given order. */
export type EntityTree = ReadonlyMap<string, DeclarativeEntity>;

const trees = new WeakMap<readonly EntityDefinition[], EntityTree>();

/** Where each entity may stand in a document, worked out from the definitions. Kept per list of definitions. */
export function entityTree(definitions: readonly EntityDefinition[]): EntityTree {
  return getOrMake(trees, definitions, () => build(definitions));
}

function build(definitions: readonly EntityDefinition[]): EntityTree {
  const given = definitions.filter(({ view }) => !view);
  const tree = new Map(inDependencyOrder(given).map((definition) => [definition.name, describe(definition)]));
  for (const entity of tree.values()) {
    for (const { field, target } of entity.foreign) {
      const parent = tree.get(target);
      if (parent && mayNest(parent.definition, entity.name) && !parent.children.has(entity.name)) {
        parent.children.set(entity.name, { entity, field });
      }
    }
  }
  return tree;
}

/**
 * A list of children gives way to a stored field of the same name, not to one that exists in the Admin API only
 * (`certificates[].snis`).
 */
function mayNest(parent: EntityDefinition, child: string): boolean {
  const field = Object.hasOwn(parent.fields, child) ? parent.fields[child] : undefined;
  return field === undefined || field.attributes.transient === true;
}

function describe(definition: EntityDefinition): DeclarativeEntity {
  const { name, fields, primaryKey, endpointKey } = definition;
  const [only] = primaryKey;
  const idField = primaryKey.length === 1 && only !== undefined && fields[only]?.attributes.uuid === true ? only : undefined;
  const children: DeclarativeEntity["children"] = new Map();
  let quick: QuickCompleter<DocumentRecord> | undefined;
  return {
    name,
    definition,
    schema: compileSchema(definition),
    // Made late: the children are not known yet.
    quick(...parameters) {
      quick ??= quickCompleter(definition, idField, new Set(children.keys()));
      return quick(...parameters);
    },
    foreign: foreignFields(definition).map(([field, { reference, attributes }]) => ({
      field,
      target: reference ?? "",
      cascade: attributes.onDelete === "cascade",
    })),
    children,
    idField,
    idNamespace: uuidBytes(uuidV5(rootNamespace, name)),
    uniqueEndpointKey: endpointKey !== undefined && fields[endpointKey]?.attributes.unique === true ? endpointKey : undefined,
    uniqueFields: Object.keys(fields).filter((field) => field !== endpointKey && fields[field]?.attributes.unique === true),
  };
}

function inDependencyOrder(definitions: readonly EntityDefinition[]): EntityDefinition[] {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const ordered = new Set<EntityDefinition>();
  const visiting = new Set<EntityDefinition>();
  const visit = (definition: EntityDefinition): void => {
    if (ordered.has(definition) || visiting.has(definition)) return;
    visiting.add(definition);
    for (const [, { reference }] of foreignFields(definition)) {
      const target = byName.get(reference ?? "");
      if (target) visit(target);
    }
    visiting.delete(definition);
    ordered.add(definition);
  };
  for (const definition of definitions) visit(definition);
  return [...ordered];
}
