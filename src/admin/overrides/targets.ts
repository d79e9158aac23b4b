import { DaoError, SchemaViolationError } from "../../errors/dao-errors.js";
import type { EntityDefinition } from "../../schema/entity.js";
import { isAddressFault, parseAddress } from "../../util/address.js";
import type { AdminAnswer } from "../answer.js";
import type { AdminPath, AdminRequest } from "../endpoint.js";
import { entityInput } from "../entity-body.js";
import { daoOf, insert, selected } from "../entity-endpoints.js";
import type { EntityRecord } from "../entity-handle.js";
import { nestedPattern } from "../entity-paths.js";
import { idOf, type Link, nestedCollectionEndpoints, nestedEntityEndpoints } from "../linked-endpoints.js";
import { listAnswer, listQuery, nothingRepeated } from "../lists.js";

/** The entities of upstreams and their targets, where both are served. */
export function targetLink(definitions: readonly EntityDefinition[]): Link | undefined {
  const parent = definitions.find(({ name }) => name === "upstreams");
  const child = definitions.find(({ name }) => name === "targets");
  return parent && child && { parent, child, field: "upstream" };
}

/** What targets do beyond other entities: a list without outdated entries, and a list of all. */
export function targetPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const link = targetLink(definitions);
  if (!link) return [];
  const pattern = nestedPattern(link);
  const entity = nestedEntityEndpoints(link);
  const list = nestedCollectionEndpoints(link);
  return [
    {
      pattern,
      endpoints: {
        GET: { operation: list.GET.operation, run: (request) => current(request, link) },
        POST: { operation: list.POST.operation, run: (request) => add(request, link) },
      },
    },
    {
      pattern: `${pattern}/all`,
      endpoints: {
        GET: {
          operation: {
            ...list.GET.operation,
            id: "listAllTargetsOfUpstream",
            summary: "List the targets of one of the upstreams, outdated ones included",
          },
          run: list.GET.run,
        },
      },
    },
    // A target is never made by PUT: Kong changes the one that is there.
    { pattern: `${pattern}/{${link.child.name}}`, endpoints: { ...entity, PUT: entity.PATCH } },
  ];
}

async function current(request: AdminRequest, link: Link): Promise<AdminAnswer> {
  const upstream = await selected(request, link.parent);
  return listAnswer(link.child, await currentTargets(request, link, idOf(upstream)), request, nothingRepeated);
}

/** The newest entry of each address, newest first. The token of a page is how many were shown before it. */
export async function currentTargets(
  request: AdminRequest,
  { child, field }: Link,
  upstreamId: string,
): Promise<{ data: EntityRecord[]; offset?: string }> {
  const { size, offset = "0" } = listQuery(child, request.query);
  if (!/^\d{1,15}$/.test(offset)) throw new DaoError(7, `'${offset}' is not a valid offset: bad offset string`);
  const records: EntityRecord[] = [];
  for await (const record of daoOf(request, child).eachFor(field, upstreamId)) records.push(record);
  records.sort(newestFirst);
  const seen = new Set<unknown>();
  const newest = records.filter(({ target }) => !seen.has(target) && seen.add(target));
  const end = Number(offset) + size;
  return { data: newest.slice(Number(offset), end), ...(end < newest.length ? { offset: String(end) } : {}) };
}

function newestFirst(a: EntityRecord, b: EntityRecord): number {
  return Number(b.created_at) - Number(a.created_at) || (String(a.id) < String(b.id) ? 1 : -1);
}

/** Kong words a bad address differently here than in documents. */
async function add(request: AdminRequest, { parent, child, field }: Link): Promise<AdminAnswer> {
  const upstreamId = idOf(await selected(request, parent));
  const { target } = entityInput(child, request.body).values;
  if (typeof target === "string" && isAddressFault(parseAddress(target))) {
    throw new SchemaViolationError({ target: "Invalid target; not a valid hostname or ip address" });
  }
  return insert(request, child, { [field]: { id: upstreamId } });
}
