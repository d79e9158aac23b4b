import type { AdminMethod } from "../endpoint.js";
import type { Operation, OperationKind } from "../operation.js";

/** `key_sets` → `KeySets`, `filter-chains` → `FilterChains`. */
export function pascalCase(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

/** One of them: `services` → `service`. */
export function singular(name: string): string {
  if (/[^aeiou]ies$/.test(name)) return `${name.slice(0, -3)}y`;
  if (/(?:ss|x|sh)es$/.test(name)) return name.slice(0, -2);
  return /[^s]s$/.test(name) ? name.slice(0, -1) : name;
}

/** The name of the schema of one record: `KeySet`. */
export function schemaName(entity: string): string {
  return pascalCase(singular(entity));
}

const verbs: Readonly<Record<Exclude<OperationKind, "action">, string>> = {
  list: "list",
  insert: "create",
  select: "get",
  upsert: "upsert",
  update: "update",
  delete: "delete",
};

/** The method that each kind of operation has, where it has one of its own. */
const usualMethods: Readonly<Record<Exclude<OperationKind, "action">, AdminMethod>> = {
  list: "GET",
  insert: "POST",
  select: "GET",
  upsert: "PUT",
  update: "PATCH",
  delete: "DELETE",
};

/** The parameters of a path, in their order. */
export function parameterNames(pattern: string): string[] {
  return [...pattern.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name as string);
}

/** What tools name methods after: `listRoutesOfService`. */
export function operationId(pattern: string, method: AdminMethod, { kind, id, entity }: Operation): string {
  if (id !== undefined) return id;
  if (kind === "action" || entity === undefined) return actionId(pattern, method);
  const segments = pattern.split("/").slice(1);
  const last = segments.at(-1) as string;
  const parameters = parameterNames(pattern);
  const namesOne = last.startsWith("{");
  const isList = kind === "list" || kind === "insert";
  const subject = kind === "list" ? entity : namesOne || isList ? singular(entity) : last;
  const parent = namesOne ? parameters.at(-2) : parameters.at(-1);
  const of = parent === undefined ? "" : `Of${schemaName(parent)}`;
  const by = usualMethods[kind] === method ? "" : `By${pascalCase(method.toLowerCase())}`;
  return `${verbs[kind]}${pascalCase(subject)}${of}${by}`;
}

function actionId(pattern: string, method: AdminMethod): string {
  const words = pattern.split("/").map((segment) => {
    const [, parameter] = /^\{(.+)\}$/.exec(segment) ?? [];
    return parameter === undefined ? pascalCase(segment) : `By${pascalCase(singular(parameter))}`;
  });
  return `${method.toLowerCase()}${words.join("")}`;
}
