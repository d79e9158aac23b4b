import { checkObject, wrongArgument } from "../errors/check-argument.js";
import { OptionsError } from "../errors/gateway-error.js";
import { checkedNames } from "./entity-check.js";
import {
  type EntityCheck,
  type Field,
  type Fields,
  fieldAt,
  type InferFields,
  type InferFieldsInput,
  type Shorthands,
} from "./field.js";
import { checkFields } from "./field-arguments.js";

/**
 * Everything that is known about an entity, as data. Made by {@link defineEntity}.
 *
 * @typeParam Input - a record as given, where shorthands or variants allow more than the fields say
 * @typeParam Output - a record as stored, where variants have more than the fields say
 * @typeParam Endpoint - the name of the endpoint key
 */
export interface EntityDefinition<
  Name extends string = string,
  F extends Fields = Fields,
  Input = InferFieldsInput<F>,
  Output = InferFields<F>,
  Endpoint extends string = string,
> {
  /** Plural, with underscores: `services`, `keyauth_credentials`. Also the key in a declarative document. */
  readonly name: Name;
  /** One or two sentences for documentation. */
  readonly description?: string;
  readonly fields: F;
  readonly primaryKey: readonly string[];
  /** The field that may stand for the id in URLs and references (`name` of a service). */
  readonly endpointKey?: Endpoint;
  /** The fields from which the cache key, and in documents the deterministic id, is made. */
  readonly cacheKey?: readonly string[];
  /** Rows belong to a workspace. Default `true`. */
  readonly workspaceable: boolean;
  /** Rows may expire; input may carry `ttl`. */
  readonly ttl: boolean;
  /** Part of exports. Default `true`. */
  readonly dbExport: boolean;
  /**
   * Its records are made from those of other entities (`tags`): they are never stored, and no document may contain them. Default
   * `false`.
   */
  readonly view: boolean;
  /**
   * `false` for records that are written all the time (counters, sessions): with a database server no process keeps them in memory or
   * tells others of their changes; they are read where they are stored. Default `true`.
   */
  readonly cached: boolean;
  /** Path segment in the Admin API; default: the name. */
  readonly adminApiName?: string;
  /** Path segment below its parent (`key-auth` below a consumer). */
  readonly adminApiNestedName?: string;
  readonly generateAdminApi: boolean;
  readonly checks: readonly EntityCheck[];
  readonly shorthands: Shorthands;
  /** The field whose value selects a sub-schema: `name` of plugins, `protocols` of routes. */
  readonly subschemaKey?: string;
  /** Message for an unknown sub-schema; `%s` stands for the value. */
  readonly subschemaError?: string | ((value: string) => string);
  readonly subschemas?: Readonly<Record<string, Subschema>>;
  readonly transformations: readonly Transformation[];
  /** Types only; never present at run time. */
  readonly "~input"?: Input;
  readonly "~output"?: Output;
}

/** Replaces fields of the parent and adds checks, for entities whose shape depends on one of their fields. */
export interface Subschema {
  readonly fields: Fields;
  readonly checks?: readonly EntityCheck[];
}

/** Rewrites fields on their way into the store (hashing a password). */
export interface Transformation {
  /** Runs when the caller gave all of these. */
  readonly input: readonly string[];
  /** Further fields that must be set for it. */
  readonly needs?: readonly string[];
  /** Returns the fields to change. Sees `input` and `needs` only; what it throws becomes a TransformationError. */
  readonly onWrite?: (entity: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

/** What {@link defineEntity} takes. */
export interface EntityOptions<Name extends string, F extends Fields, Endpoint extends string = keyof F & string> {
  readonly name: Name;
  readonly description?: string;
  readonly fields: F;
  readonly primaryKey?: readonly (keyof F & string)[];
  readonly endpointKey?: Endpoint & keyof F & string;
  readonly cacheKey?: readonly (keyof F & string)[];
  readonly workspaceable?: boolean;
  readonly ttl?: boolean;
  readonly dbExport?: boolean;
  readonly view?: boolean;
  readonly cached?: boolean;
  readonly adminApiName?: string;
  readonly adminApiNestedName?: string;
  readonly generateAdminApi?: boolean;
  readonly checks?: readonly EntityCheck[];
  readonly shorthands?: Shorthands;
  readonly subschemaKey?: keyof F & string;
  readonly subschemaError?: string | ((value: string) => string);
  readonly subschemas?: Readonly<Record<string, Subschema>>;
  readonly transformations?: readonly Transformation[];
}

/** Says to the compiler, and to nobody else, of which entity a record is: it does not go where a key of another one is wanted. */
type OfEntity<Name> = {
  /** Types only; never present at run time. */
  readonly "~entity"?: Name;
};

/** An entity as stored and returned: every field present, unset ones `null`. */
export type Infer<E extends { readonly fields: Fields }> =
  E extends EntityDefinition<infer Name, Fields, unknown, infer Output> ? Output & OfEntity<Name> : InferFields<E["fields"]>;

/** An entity as given to `insert`: only what has no default is needed. */
export type InferInput<E extends { readonly fields: Fields }> =
  E extends EntityDefinition<string, Fields, infer Input, unknown> ? Input : InferFieldsInput<E["fields"]>;

/**
 * Defines an entity once, for the store, the declarative format, the Admin API, the documentation and the types.
 *
 * @param options - name, fields and rules of the entity; `primaryKey` defaults to `["id"]`
 * @throws OptionsError when it is no definition, or refers to a field that it does not have
 * @returns frozen data; hand it to `createGateway({ entities })` or to a plugin's `entities`
 * @example
 * ```ts
 * const apps = defineEntity({
 *   name: "apps",
 *   endpointKey: "name",
 *   fields: { id: uuid({ auto: true }), name: str({ required: true, unique: true }), owner: foreign("consumers") },
 * });
 * ```
 */
export function defineEntity<const Name extends string, const F extends Fields, const Endpoint extends string = never>(
  options: EntityOptions<Name, F, Endpoint>,
): EntityDefinition<Name, F, InferFieldsInput<F>, InferFields<F>, Endpoint> {
  checkDefinition(options);
  const definition: EntityDefinition<Name, F, InferFieldsInput<F>, InferFields<F>, Endpoint> = Object.freeze({
    primaryKey: ["id"],
    workspaceable: true,
    ttl: false,
    dbExport: true,
    view: false,
    cached: true,
    generateAdminApi: true,
    checks: [],
    shorthands: {},
    transformations: [],
    ...options,
  });
  assertNames(definition);
  return definition;
}

function checkDefinition(options: unknown): void {
  checkObject("definition", "an object with a name and fields", options);
  const { name, fields, primaryKey = [] } = options as Partial<Record<"name" | "fields" | "primaryKey", unknown>>;
  if (typeof name !== "string") throw wrongArgument("name", "the name of an entity", name);
  checkFields("fields", fields);
  if (!Array.isArray(primaryKey)) throw wrongArgument("primaryKey", "a list of the names of fields", primaryKey);
}

/** Types can not follow dotted paths in checks, so a misspelt name is found here, when the module is loaded. */
function assertNames(definition: EntityDefinition): void {
  const {
    name,
    fields,
    primaryKey,
    endpointKey,
    cacheKey = [],
    subschemaKey,
    checks,
    subschemas = {},
    transformations,
  } = definition;
  const keys = [...primaryKey, ...cacheKey, ...(endpointKey ? [endpointKey] : []), ...(subschemaKey ? [subschemaKey] : [])];
  const changed = transformations.flatMap(({ input, needs = [] }) => [...input, ...needs]);
  assertKnown(name, fields, [...keys, ...changed, ...checks.flatMap(namesThatMustExist)]);
  for (const subschema of Object.values(subschemas)) {
    assertKnown(name, { ...fields, ...subschema.fields }, (subschema.checks ?? []).flatMap(namesThatMustExist));
  }
}

/** A custom check that runs with missing fields may know fields that only some variants of the entity have. */
function namesThatMustExist(check: EntityCheck): readonly string[] {
  return check.kind === "custom" && check.runWithMissingFields ? [] : checkedNames(check);
}

function assertKnown(entity: string, fields: Fields, names: readonly string[]): void {
  const unknown = names.find((name) => !fieldAt(fields, name));
  if (unknown !== undefined) {
    throw new OptionsError("definition", `entity '${entity}' has no field '${unknown}', which its definition refers to`);
  }
}

/** The foreign fields of an entity, with their targets. */
export function foreignFields(definition: EntityDefinition): readonly (readonly [name: string, field: Field])[] {
  return Object.entries(definition.fields).filter(([, field]) => field.kind === "foreign");
}
