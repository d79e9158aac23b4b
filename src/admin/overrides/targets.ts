import { DaoError, SchemaViolationError } from "../../errors/dao-errors.js";
import type { EntityDefinition } from "../../schema/entity.js";
import { foreignId } from "../../store/keys.js";
import { isAddressFault, parseAddress } from "../../util/address.js";
import { type AdminAnswer, AnswerError, answer, message, notFound } from "../answer.js";
import type { AdminPath, AdminRequest } from "../endpoint.js";
import { entityInput } from "../entity-body.js";
import { daoOf, insert, parameterOf, selected } from "../entity-endpoints.js";
import { childHandleOf, type EntityRecord } from "../entity-handle.js";
import { nestedPattern } from "../entity-paths.js";
import { idOf, type Link, nestedEntityEndpoints, nestedPath } from "../linked-endpoints.js";
import { listAnswer, listQuery } from "../lists.js";

/** What targets do beyond other entities: a list without outdated entries, a list of all, and marks of health. */
export function targetPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const parent = definitions.find(({ name }) => name === "upstreams");
  const child = definitions.find(({ name }) => name === "targets");
  if (!parent || !child) return [];
  const link: Link = { parent, child, field: "upstream" };
  const list = nestedPattern(link);
  const one = `${list}/{${child.name}}`;
  const entity = nestedEntityEndpoints(link);
  return [
    { pattern: list, endpoints: { GET: (request) => current(request, link), POST: (request) => add(request, link) } },
    { pattern: `${list}/all`, endpoints: { GET: (request) => all(request, link) } },
    // A target is never made by PUT: Kong changes the one that is there.
    { pattern: one, endpoints: { ...entity, ...(entity.PATCH ? { PUT: entity.PATCH } : {}) } },
    markPath(link, `${one}/healthy`, true),
    markPath(link, `${one}/unhealthy`, false),
  ];
}

/** The newest entry of each address, newest first. The token of a page is how many were shown before it. */
async function current(request: AdminRequest, link: Link): Promise<AdminAnswer> {
  const upstreamId = idOf(await selected(request, link.parent));
  const { size, offset = "0" } = listQuery(link.child, request.query);
  if (!/^\d{1,15}$/.test(offset)) throw new DaoError(7, `'${offset}' is not a valid offset: bad offset string`);
  const records: EntityRecord[] = [];
  for await (const record of daoOf(request, link.child).eachFor(link.field, upstreamId)) records.push(record);
  records.sort(newestFirst);
  const seen = new Set<unknown>();
  const newest = records.filter(({ target }) => !seen.has(target) && seen.add(target));
  const end = Number(offset) + size;
  const page = { data: newest.slice(Number(offset), end), ...(end < newest.length ? { offset: String(end) } : {}) };
  return listAnswer(link.child, page, listPath(request, link), { givenTags: undefined, givenSize: undefined });
}

async function all(request: AdminRequest, link: Link): Promise<AdminAnswer> {
  const upstreamId = idOf(await selected(request, link.parent));
  const { size, offset } = listQuery(link.child, request.query);
  const page = await daoOf(request, link.child).pageFor(link.field, upstreamId, size, offset);
  return listAnswer(link.child, page, `${listPath(request, link)}/all`, { givenTags: undefined, givenSize: undefined });
}

function listPath(request: AdminRequest, link: Link): string {
  return `${request.mountPath}${nestedPath(request, link)}`;
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

function markPath(link: Link, pattern: string, healthy: boolean): AdminPath {
  const mark = (request: AdminRequest): Promise<AdminAnswer> => markTarget(request, link, healthy);
  // POST was the method of older releases, and Kong's Go client still sends it.
  return { pattern, endpoints: { PUT: mark, POST: mark } };
}

async function markTarget(request: AdminRequest, link: Link, healthy: boolean): Promise<AdminAnswer> {
  const upstream = await selected(request, link.parent);
  const handle = childHandleOf(daoOf(request, link.child), parameterOf(request, link.child), link.field, idOf(upstream));
  const target = await handle.select();
  if (!target || foreignId(target[link.field]) !== idOf(upstream)) throw new AnswerError(notFound);
  const name = String(upstream.name);
  if (!request.context.setTargetHealth(name, String(target.target), healthy)) {
    return message(400, `Upstream ${name} has no balancer`);
  }
  return answer(204);
}
