import type { Field, Fields } from "../schema/field.js";
import { selectShape } from "../schema/subschemas.js";
import { closest } from "../util/closest.js";
import { deckKeys } from "./deck.js";
import type { EntityTree } from "./entity-tree.js";
import { type Fault, faultPath } from "./faults.js";
import type { DocumentRecord } from "./records.js";
import { placeholder } from "./warnings/texts.js";

/** The keys at the top of a document that are not entities. */
export const topLevelKeys = ["_format_version", "_transform", "_comment", "_ignore"] as const;

/** What the author probably meant, where that can be guessed. */
export function hintFor(fault: Fault, document: object, tree: EntityTree): string | undefined {
  const { record, path, message } = fault;
  const name = path.at(-1);
  if (message === "unknown field" && typeof name === "string") {
    if (!record && deckKeys.includes(name))
      return `'${name}' belongs to decK: leave it out, or load with the option declarative.deck`;
    return didYouMean(closest(name, record ? namesAround(record, path) : [...tree.keys(), ...topLevelKeys]));
  }
  if (message === "missing primary key") return byNameAlone(fault, document);
  const open = unreplaced(fault, document);
  if (open !== undefined) return open;
  const listed = /^expected one of: (.+)$/.exec(message)?.[1]?.split(", ") ?? selectable(fault);
  if (!listed) return undefined;
  const value = valueAt(document, faultPath(fault));
  if (typeof value !== "string") return undefined;
  if (record?.entity.name === "plugins" && missingPlugins.includes(value)) return `'${value}' is not part of this library yet`;
  return didYouMean(closest(value, listed));
}

/** A placeholder that nothing was to replace. Of those that should have been replaced, the fault itself tells. */
function unreplaced(fault: Fault, document: object): string | undefined {
  const written = valueAt(document, faultPath(fault));
  const found = typeof written === "string" ? placeholder.exec(written)?.[0] : undefined;
  if (found === undefined || !fault.record || valueAt(fault.record.source, fault.path) !== written) return undefined;
  const [flags, options] = found.startsWith("${{")
    ? ["--env and --deck", "options declarative.environment and declarative.deck"]
    : ["--env", "option declarative.environment"];
  return `'${found}' is replaced by a variable of the environment when that is asked for: ${flags} on the command line, or the ${options}`;
}

/** A reference such as `service: { name: orders }`, which decK and the Admin API take. */
function byNameAlone(fault: Fault, document: object): string | undefined {
  const path = faultPath(fault).slice(0, -1);
  const reference = valueAt(document, path);
  if (typeof reference !== "object" || reference === null) return undefined;
  const [name, ...others] = Object.values(reference);
  return typeof name === "string" && others.length === 0 ? `refer by the name alone: '${path.at(-1)}: ${name}'` : undefined;
}

/** Plugins of Kong's free edition that may stand in a document and are not there. */
const missingPlugins: readonly string[] = [
  "acme",
  "ai-prompt-decorator",
  "ai-prompt-guard",
  "ai-prompt-template",
  "ai-proxy",
  "ai-request-transformer",
  "ai-response-transformer",
  "aws-lambda",
  "azure-functions",
  "datadog",
  "grpc-gateway",
  "grpc-web",
  "ldap-auth",
  "loggly",
  "oauth2",
  "opentelemetry",
  "standard-webhooks",
  "statsd",
  "syslog",
  "tcp-log",
  "udp-log",
  "zipkin",
];

function didYouMean(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `did you mean '${name}'?`;
}

/** The plugins (vaults) there are, when the fault is in the field that selects one. */
function selectable({ record, path }: Fault): readonly string[] | undefined {
  const { subschemaKey, subschemas } = record?.entity.definition ?? {};
  return subschemas && path.length === 1 && path[0] === subschemaKey ? Object.keys(subschemas) : undefined;
}

/** What stands at a place of a document. */
export function valueAt(document: object, path: readonly (string | number)[]): unknown {
  let value: unknown = document;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** The names that may stand beside the unknown one. */
function namesAround(record: DocumentRecord, path: readonly (string | number)[]): readonly string[] {
  const { definition, children } = record.entity;
  if (path.length === 1) {
    return [...Object.keys(definition.fields), ...Object.keys(definition.shorthands), ...children.keys()];
  }
  let fields: Fields = fieldsOf(record);
  let field: Field | undefined;
  for (const part of path.slice(0, -1)) {
    field = typeof part === "number" ? field?.elements : fields[part];
    fields = field?.fields ?? {};
  }
  return [...Object.keys(fields), ...Object.keys(field?.shorthands ?? {})];
}

/** The fields of a record, those of its plugin included. */
export function fieldsOf({ entity: { definition }, source }: DocumentRecord): Fields {
  const selection = selectShape(definition, source);
  return "shape" in selection ? selection.shape.fields : definition.fields;
}

/** An entity's name for people: the one in the document. */
export function recordName({ entity, source }: DocumentRecord): string | undefined {
  const key = entity.definition.endpointKey ?? "name";
  const name = source[key] ?? source.name;
  return typeof name === "string" && name !== "" ? name : undefined;
}
