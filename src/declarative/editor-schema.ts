import { checkObject } from "../errors/check-argument.js";
import { OptionsError } from "../errors/gateway-error.js";
import type { EntityDefinition } from "../schema/entity.js";
import { type JsonSchema, toJsonSchema } from "../schema/json-schema.js";
import { isObject } from "../schema/values.js";
import { type DeclarativeEntity, type EntityTree, entityTree } from "./entity-tree.js";

/** Options of {@link documentSchema}. */
export interface DocumentSchemaOptions {
  /** The schema of one record of this entity, in place of that of a whole document. */
  readonly entity?: string;
}

const notes: Readonly<Record<string, JsonSchema>> = {
  _comment: { type: ["string", "null"], description: "A note for people. It is not read." },
  _ignore: { type: ["array", "null"], description: "Anything at all, anchors for instance. It is not read." },
};

const top: Readonly<Record<string, JsonSchema>> = {
  _format_version: {
    enum: ["3.0", "2.1", "1.1"],
    default: "3.0",
    description: "The version of the format. Paths of documents older than 3.0 are rewritten when they are read.",
  },
  _transform: {
    type: ["boolean", "null"],
    default: true,
    description: "Whether secrets are written in clear text and are to be hashed. Exported documents say `false`.",
  },
  ...notes,
};

/**
 * The JSON Schema (draft 7) of declarative documents, with which editors complete and check a `gateway.yml`: all entities, what may be
 * nested in what, and the configuration of each plugin by its name. It refuses nothing that loads; what JSON Schema has no words for,
 * references above all, only the loader finds.
 *
 * @param entities - all entities that may occur
 * @throws OptionsError when there is no entity of the name asked for
 */
export function documentSchema(entities: readonly EntityDefinition[], options: DocumentSchemaOptions = {}): JsonSchema {
  checkObject("options", 'an object such as { entity: "services" }', options);
  const { entity } = options;
  const tree = entityTree(entities);
  const definitions = Object.fromEntries([...tree.values()].map((known) => [known.name, recordSchema(known)]));
  if (entity !== undefined && !tree.has(entity)) throw new OptionsError("entity", `there is no entity named '${entity}'`);
  const shape =
    entity === undefined ? wholeDocument(tree) : { title: entity, ...topRecord(tree.get(entity) as DeclarativeEntity) };
  return forEditors({ $schema: "http://json-schema.org/draft-07/schema#", ...shape, definitions }) as JsonSchema;
}

function wholeDocument(tree: EntityTree): JsonSchema {
  const lists = [...tree.values()].map((known) => [known.name, listOf(topRecord(known), known.definition.description)] as const);
  return {
    title: "Declarative configuration of a gateway",
    type: "object",
    properties: { ...top, ...Object.fromEntries(lists) },
    required: ["_format_version"],
    additionalProperties: false,
  };
}

/** A record, wherever it stands: inside of its parent it need not name it. */
function recordSchema({ definition, children, foreign }: DeclarativeEntity): JsonSchema {
  const schema = toJsonSchema(definition, { textReferences: true });
  const nested = [...children].map(
    ([key, { entity }]) => [key, listOf({ $ref: `#/definitions/${entity.name}` }, entity.definition.description)] as const,
  );
  const required = ((schema.required ?? []) as readonly string[]).filter((name) => !foreign.some(({ field }) => field === name));
  return {
    ...schema,
    ...(definition.description === undefined ? {} : { description: definition.description }),
    properties: { ...(schema.properties as JsonSchema), ...Object.fromEntries(nested), ...notes },
    required,
  };
}

/** A record at the top of the document, where nothing says what it belongs to but itself. */
function topRecord({ name, definition, foreign }: DeclarativeEntity): JsonSchema {
  const required = foreign.filter(({ field }) => definition.fields[field]?.required).map(({ field }) => field);
  const reference = { $ref: `#/definitions/${name}` };
  return required.length === 0 ? reference : { allOf: [reference, { required }] };
}

function listOf(items: JsonSchema, description: string | undefined): JsonSchema {
  return { type: ["array", "null"], items, ...(description === undefined ? {} : { description }) };
}

/** Editors show `markdownDescription` in place of `description`, and no defaults unless told. */
function forEditors(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(forEditors);
  if (!isObject(schema)) return schema;
  const copy: JsonSchema = {};
  for (const [key, value] of Object.entries(schema)) {
    // Members that are said twice count once; that is no reason to refuse them.
    if (key === "uniqueItems" && value === true) continue;
    copy[key] = key === "default" || key === "enum" ? value : forEditors(value);
  }
  const { description, default: preset } = schema;
  if (typeof description === "string") {
    const text = preset === undefined ? "" : `\n\nDefault: \`${JSON.stringify(preset)}\``;
    copy.markdownDescription = description + text;
  }
  return copy;
}
