import type { FlattenedEntities } from "../declarative/load.js";
import { shownState } from "../declarative/shown-state.js";
import type { EntityDefinition } from "../schema/entity.js";
import { AdminApiError, type AdminClient, messageOf } from "./admin-client.js";

type Records = readonly Readonly<Record<string, unknown>>[];

/**
 * All records of a running gateway, page by page. Entities that its Admin API does not show are left out.
 *
 * @throws AdminApiError
 */
export async function runningState(admin: AdminClient, entities: readonly EntityDefinition[]): Promise<FlattenedEntities> {
  const shown = new Map<string, Records>();
  for (const { name, adminApiName, generateAdminApi, view } of entities) {
    if (generateAdminApi === false || view) continue;
    const records = await all(admin, `/${adminApiName ?? name}?size=1000`);
    if (records) shown.set(name, records);
  }
  return shownState(entities, shown);
}

async function all(admin: AdminClient, first: string): Promise<Records | undefined> {
  const records: Records[number][] = [];
  for (let path: string | null | undefined = first; typeof path === "string"; ) {
    const answer = await admin.ask(path);
    if (answer.status === 404 && path === first) return undefined;
    if (answer.status !== 200) throw new AdminApiError(`${path} answers ${answer.status}: ${messageOf(answer)}`);
    const page = answer.body as { readonly data: Records; readonly offset?: string };
    records.push(...page.data);
    path = page.offset === undefined ? null : `${first}&offset=${encodeURIComponent(page.offset)}`;
  }
  return records;
}
