import type { EntityDefinition } from "../schema/entity.js";

/** The path segment of an entity: `key-auths`. */
export function pathName({ adminApiName, name }: EntityDefinition): string {
  return adminApiName ?? name;
}

/** The path segment of an entity below another: `key-auth`. */
export function nestedName(definition: EntityDefinition): string {
  return definition.adminApiNestedName ?? pathName(definition);
}
