import type { EntityDefinition } from "../../schema/entity.js";
import { getPath } from "../../schema/values.js";
import { foreignId } from "../../store/keys.js";
import { formatAddress, isAddressFault, parseAddress } from "../../util/address.js";
import { type AdminAnswer, AnswerError, answer, message, notFound } from "../answer.js";
import type { TargetHealth } from "../context.js";
import type { AdminPath, AdminRequest, Endpoint, Endpoints } from "../endpoint.js";
import { daoOf, parameterOf, selected } from "../entity-endpoints.js";
import { childHandleOf, decodeParameter, type EntityRecord } from "../entity-handle.js";
import { nestedPattern } from "../entity-paths.js";
import { idOf, type Link } from "../linked-endpoints.js";
import { listAnswer, nothingRepeated } from "../lists.js";
import { healthShape } from "../node-shapes.js";
import { action, answers, shown } from "../operation.js";
import { pathName } from "../path-names.js";
import { currentTargets, targetLink } from "./targets.js";

/** The port of an address that names none. */
const defaultPort = 8000;

/** `GET /upstreams/{upstreams}/health`. */
export function healthPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const link = targetLink(definitions);
  if (!link) return [];
  return [
    {
      pattern: `/${pathName(link.parent)}/{${link.parent.name}}/health`,
      endpoints: {
        GET: {
          run: (request) => health(request, link),
          operation: action("Show the targets of an upstream with their health", {
            id: "getHealthOfUpstream",
            query: {
              balancer_health: { type: "integer", enum: [0, 1], description: "1: show that of the upstream as a whole." },
              size: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
              offset: { type: "string" },
            },
            answers: {
              200: shown("The health", healthShape),
              400: answers.refused,
              404: answers.missing,
            },
          }),
        },
      },
    },
  ];
}

/** The paths that mark a target, as a whole or by its address. */
export function markPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const link = targetLink(definitions);
  if (!link) return [];
  const target = `${nestedPattern(link)}/{${link.child.name}}`;
  return ["healthy", "unhealthy"].flatMap((state) => {
    const mark = (what: string): Endpoints => {
      const endpoint: Endpoint = {
        run: (request) => markTarget(request, link, state === "healthy"),
        operation: action(`Mark a target as ${state}`, {
          id: `mark${what}As${state === "healthy" ? "Healthy" : "Unhealthy"}`,
          answers: { 204: answers.noContent, 400: answers.refused, 404: answers.missing },
        }),
      };
      // POST was the method of older releases, and Kong's Go client still sends it.
      return { PUT: endpoint, POST: endpoint };
    };
    return [
      { pattern: `${target}/${state}`, endpoints: mark("Target") },
      { pattern: `${target}/{address}/${state}`, endpoints: mark("TargetAddress") },
    ];
  });
}

async function markTarget(request: AdminRequest, link: Link, healthy: boolean): Promise<AdminAnswer> {
  const upstream = await selected(request, link.parent);
  const handle = childHandleOf(daoOf(request, link.child), parameterOf(request, link.child), link.field, idOf(upstream));
  const record = await handle.select();
  if (!record || foreignId(record[link.field]) !== idOf(upstream)) throw new AnswerError(notFound);
  const [name, target] = [String(upstream.name), String(record.target)];
  const { address } = request.params;
  // A target is connected to by its name, so there is no address of it but its own.
  if (address !== undefined && normalAddress(address) !== target) {
    return message(400, `target ${target} has no address '${decodeParameter(address)}'`);
  }
  if (!request.context.setTargetHealth(name, target, healthy)) return message(400, `Upstream ${name} has no balancer`);
  return answer(204);
}

function normalAddress(text: string): string | undefined {
  const address = parseAddress(decodeParameter(text));
  return isAddressFault(address) ? undefined : formatAddress(address, defaultPort);
}

async function health(request: AdminRequest, link: Link): Promise<AdminAnswer> {
  const { context, query } = request;
  const upstream = await selected(request, link.parent);
  const known = context.targetHealth(String(upstream.name));
  const node_id = context.info().id;
  const [whole] = [query.balancer_health].flat();
  if (whole === "1") return answer(200, { data: balancerHealth(upstream, known ?? []), next: null, node_id });
  const page = await currentTargets(request, link, idOf(upstream));
  const byTarget = new Map(known?.map((one) => [one.target, one]));
  const listed = listAnswer(link.child, page, request, nothingRepeated);
  const body = listed.body as { data: EntityRecord[] };
  const data = body.data.map((record) => ({ ...record, ...targetHealth(upstream, record, byTarget.get(String(record.target))) }));
  return answer(200, { ...body, data, node_id });
}

type Health = "HEALTHCHECKS_OFF" | "HEALTHY" | "UNHEALTHY";

/** Kong leaves both keys out where no balancer runs. */
function targetHealth(upstream: EntityRecord, { target, weight }: EntityRecord, known: TargetHealth | undefined): object {
  if (known) return { health: healthOf(upstream, known), data: hostOf(upstream, known) };
  // A target without weight stands in no balancer.
  return weight === 0
    ? { health: "HEALTHCHECKS_OFF", data: hostOf(upstream, { target: String(target), weight: 0, health: "HEALTHY" }) }
    : {};
}

/** Marks count without health checks, too: what is marked is never hidden behind `HEALTHCHECKS_OFF`. */
function healthOf(upstream: EntityRecord, { weight, health: marked }: TargetHealth): Health {
  if (marked === "UNHEALTHY") return marked;
  return weight === 0 || !isChecked(upstream) ? "HEALTHCHECKS_OFF" : marked;
}

function hostOf(upstream: EntityRecord, known: TargetHealth): object {
  const { target, weight, health: marked } = known;
  const address = parseAddress(target);
  const { host, port } = isAddressFault(address) ? { host: target, port: undefined } : address;
  const unavailable = marked === "UNHEALTHY" ? weight : 0;
  return {
    host,
    port: port ?? defaultPort,
    dns: !isAddressFault(address) && address.kind === "ipv6" ? "AAAA" : "A",
    nodeWeight: weight,
    weight: { total: weight, unavailable, available: weight - unavailable },
    addresses: [{ ip: host, port: port ?? defaultPort, weight, health: healthOf(upstream, known) }],
  };
}

function balancerHealth(upstream: EntityRecord, targets: readonly TargetHealth[]): object {
  const sum = (counted: readonly TargetHealth[]): number => counted.reduce((total, { weight }) => total + weight, 0);
  const total = sum(targets);
  const unavailable = sum(targets.filter(({ health: marked }) => marked === "UNHEALTHY"));
  const available = total - unavailable;
  const threshold = Number(getPath(upstream, "healthchecks.threshold") ?? 0);
  const healthy = available > 0 && (available / total) * 100 > threshold;
  const state = healthy ? "HEALTHY" : "UNHEALTHY";
  return {
    id: upstream.id,
    health: isChecked(upstream) ? state : "HEALTHCHECKS_OFF",
    balancer_health: state,
    details: {
      healthy,
      weight: { total, unavailable, available },
      hosts: targets.map((target) => hostOf(upstream, target)),
    },
  };
}

const thresholds = [
  "active.healthy.interval",
  "active.unhealthy.interval",
  "passive.healthy.successes",
  "passive.unhealthy.tcp_failures",
  "passive.unhealthy.timeouts",
  "passive.unhealthy.http_failures",
];

/** Whether anything watches the targets of an upstream. */
function isChecked(upstream: EntityRecord): boolean {
  return thresholds.some((path) => Number(getPath(upstream, `healthchecks.${path}`) ?? 0) > 0);
}
