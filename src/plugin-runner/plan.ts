import type { PluginIndex, PluginInstance, PluginScopes } from "./plugin-index.js";

/** The instances that take part in the phases after access. `null` where none does, so that such a phase costs one check. */
export interface LatePhases {
  readonly response: readonly PluginInstance[] | null;
  readonly headerFilter: readonly PluginInstance[] | null;
  readonly bodyFilter: readonly PluginInstance[] | null;
  readonly log: readonly PluginInstance[] | null;
}

/** One plugin's part in a plan: the instance, or how to choose it once it is known who calls. */
export interface PlanStep {
  /** Without a consumer. */
  readonly base: PluginInstance | null;
  /** Set when some instance is attached to a consumer. */
  readonly choose: ((consumerId: string) => PluginInstance | null) | null;
}

/** What runs for the requests of one route. */
export interface Plan {
  /** In execution order. */
  readonly steps: readonly PlanStep[];
  /** The instances with an access phase, when no step depends on the consumer; otherwise `null` and the steps decide. */
  readonly access: readonly PluginInstance[] | null;
  /** The later phases, likewise. */
  readonly late: LatePhases | null;
}

const nothing: LatePhases = { response: null, headerFilter: null, bodyFilter: null, log: null };

/** Sorts instances into the phases that they take part in, keeping their order. */
export function latePhases(instances: readonly PluginInstance[]): LatePhases {
  if (instances.length === 0) return nothing;
  const having = (phase: "response" | "headerFilter" | "bodyFilter" | "log"): readonly PluginInstance[] | null => {
    const found = instances.filter(({ plugin }) => plugin[phase] !== undefined);
    return found.length === 0 ? null : found;
  };
  return {
    response: having("response"),
    headerFilter: having("headerFilter"),
    bodyFilter: having("bodyFilter"),
    log: having("log"),
  };
}

/**
 * Works out what runs for a route.
 *
 * @param serviceId - empty for a route without a service
 */
export function makePlan(index: PluginIndex, routeId: string, serviceId: string): Plan {
  const steps = index.plugins.map((scopes) => makeStep(scopes, routeId, serviceId)).filter((step) => step !== null);
  if (steps.some((step) => step.choose !== null)) return { steps, access: null, late: null };
  const instances = steps.map((step) => step.base).filter((instance) => instance !== null);
  return { steps, access: instances.filter(({ plugin }) => plugin.access !== undefined), late: latePhases(instances) };
}

function makeStep(scopes: PluginScopes, routeId: string, serviceId: string): PlanStep | null {
  const base = scopes.find(routeId, serviceId, "") ?? null;
  if (!scopes.dependsOnConsumer) return base === null ? null : { base, choose: null };
  const chosen = new Map<string, PluginInstance | null>();
  return {
    base,
    choose(consumerId) {
      if (!scopes.hasConsumer(consumerId)) return base;
      let instance = chosen.get(consumerId);
      if (instance === undefined) {
        instance = scopes.find(routeId, serviceId, consumerId) ?? null;
        chosen.set(consumerId, instance);
      }
      return instance;
    },
  };
}

/** The global instances: they run before routing, and for requests that never reach access. */
export interface GlobalPlan {
  readonly rewrite: readonly PluginInstance[] | null;
  readonly certificate: readonly PluginInstance[] | null;
  readonly late: LatePhases;
}

export function makeGlobalPlan(index: PluginIndex): GlobalPlan {
  const instances = index.plugins.map((scopes) => scopes.global).filter((instance) => instance !== undefined);
  const rewrite = instances.filter(({ plugin }) => plugin.rewrite !== undefined);
  const certificate = instances.filter(({ plugin }) => plugin.certificate !== undefined);
  return {
    rewrite: rewrite.length === 0 ? null : rewrite,
    certificate: certificate.length === 0 ? null : certificate,
    late: latePhases(instances),
  };
}
