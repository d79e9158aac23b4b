import { type EntityDefinition, foreignFields } from "../schema/entity.js";
import type { AdminPath } from "./endpoint.js";
import { collectionEndpoints, entityEndpoints } from "./entity-endpoints.js";
import { hasOwnKey } from "./entity-handle.js";
import { type Link, nestedCollectionEndpoints, nestedEntityEndpoints, referencedEntityEndpoints } from "./linked-endpoints.js";
import { nestedName, pathName } from "./path-names.js";

/** The pattern of the list of children below a parent. */
export function nestedPattern({ parent, child }: Link): string {
  return `/${pathName(parent)}/{${parent.name}}/${nestedName(child)}`;
}

/**
 * Every path that follows from the definitions: each entity's list and records, the records that its foreign fields refer to, and
 * the lists and records below each parent. An entity whose key is unique below its parent only has no paths of its own.
 */
export function entityPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const served = new Map(definitions.filter((definition) => definition.generateAdminApi).map((one) => [one.name, one]));
  const paths: AdminPath[] = [];
  for (const child of served.values()) {
    const list = `/${pathName(child)}`;
    const one = `${list}/{${child.name}}`;
    const standsAlone = hasOwnKey(child);
    if (standsAlone) {
      paths.push({ pattern: list, endpoints: collectionEndpoints(child) }, { pattern: one, endpoints: entityEndpoints(child) });
    }
    for (const [field, { reference = "" }] of foreignFields(child)) {
      const parent = served.get(reference);
      if (!parent) continue;
      const link: Link = { parent, child, field };
      if (standsAlone) paths.push({ pattern: `${one}/${field}`, endpoints: referencedEntityEndpoints(link) });
      const nested = nestedPattern(link);
      paths.push(
        { pattern: nested, endpoints: nestedCollectionEndpoints(link) },
        { pattern: `${nested}/{${child.name}}`, endpoints: nestedEntityEndpoints(link) },
      );
    }
  }
  return paths;
}
