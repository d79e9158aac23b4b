import { PluginError } from "./plugin-error.js";
import type { PluginIndex, PluginInstance, PluginScopes } from "./plugin-index.js";

/** The instances that take part in the phases after access. `null` where none does, so that such a phase costs one check. */
export interface LatePhases {
  readonly response: readonly PluginInstance[] | null;
  readonly headerFilter: readonly PluginInstance[] | null;
  readonly bodyFilter: readonly PluginInstance[] | null;
  /** No body filter changes anything. */
  readonly keepsBody: boolean;
  readonly log: readonly PluginInstance[] | null;
}

/** One plugin's part in a plan: the instance, or how to choose it once it is known who calls. */
export interface PlanStep {
  /** Without a consumer. */
  readonly base: PluginInstance | null;
  /** Set when some instance is attached to a consumer. */
  readonly choose: ((consumerId: string) => PluginInstance | null) | null;
}

/**
 * The choices that requests have made at the steps which depend on the consumer, and what came out of them. Each combination is sorted
 * into phases once, so that a request finds its later phases by following its choices and allocates nothing for them.
 */
export class Choices {
  readonly #before: Choices | null;
  readonly #instance: PluginInstance | null;
  readonly #next = new Map<PluginInstance | null, Choices>();
  #late: LatePhases | null = null;

  constructor(before: Choices | null = null, instance: PluginInstance | null = null) {
    this.#before = before;
    this.#instance = instance;
  }

  /** One choice further. */
  with(instance: PluginInstance | null): Choices {
    let next = this.#next.get(instance);
    if (next === undefined) {
      next = new Choices(this, instance);
      this.#next.set(instance, next);
    }
    return next;
  }

  /** The later phases, when these are the choices for all steps. */
  late(steps: readonly PlanStep[]): LatePhases {
    this.#late ??= latePhases(this.#instances(steps));
    return this.#late;
  }

  #instances(steps: readonly PlanStep[]): PluginInstance[] {
    const instances: PluginInstance[] = [];
    let choice: Choices | null = this;
    for (let i = steps.length - 1; i >= 0; i -= 1) {
      const { base, choose } = steps[i] as PlanStep;
      const instance: PluginInstance | null = choose === null ? base : (choice as Choices).#instance;
      if (choose !== null) choice = (choice as Choices).#before;
      if (instance !== null) instances.unshift(instance);
    }
    return instances;
  }
}

/** What runs for the requests of one route. */
export interface Plan {
  /** In execution order. */
  readonly steps: readonly PlanStep[];
  /** Where requests begin that have to choose. */
  readonly choices: Choices;
  /** The instances with an access phase, when no step depends on the consumer; otherwise `null` and the steps decide. */
  readonly access: readonly PluginInstance[] | null;
  /** The later phases, likewise. */
  readonly late: LatePhases | null;
}

const nothing: LatePhases = { response: null, headerFilter: null, bodyFilter: null, keepsBody: true, log: null };

function filtersBody({ name, plugin, config }: PluginInstance): boolean {
  try {
    return plugin.filtersBody?.(config) ?? true;
  } catch (error) {
    throw new PluginError(name, "filtersBody", error);
  }
}

/** Sorts instances into the phases that they take part in, keeping their order. */
export function latePhases(instances: readonly PluginInstance[]): LatePhases {
  if (instances.length === 0) return nothing;
  const having = (
    phase: "response" | "headerFilter" | "bodyFilter" | "log",
    isNeeded: (instance: PluginInstance) => boolean = () => true,
  ): readonly PluginInstance[] | null => {
    const found = instances.filter((instance) => instance.plugin[phase] !== undefined && isNeeded(instance));
    return found.length === 0 ? null : found;
  };
  const bodyFilter = having("bodyFilter", filtersBody);
  return {
    response: having("response"),
    headerFilter: having("headerFilter"),
    bodyFilter,
    keepsBody: bodyFilter?.every(({ plugin }) => plugin.keepsBody) ?? true,
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
  const choices = new Choices();
  if (steps.some((step) => step.choose !== null)) return { steps, choices, access: null, late: null };
  const instances = steps.map((step) => step.base).filter((instance) => instance !== null);
  return { steps, choices, access: instances.filter(({ plugin }) => plugin.access !== undefined), late: latePhases(instances) };
}

/** The later phases of a request whose client has left in mid-access: of each plugin the instance that is chosen as things stand. */
export function latePhasesOf({ steps, choices, late }: Plan, consumerId: string | null): LatePhases {
  if (late !== null) return late;
  let chosen = choices;
  for (const { base, choose } of steps) {
    if (choose !== null) chosen = chosen.with(consumerId === null ? base : choose(consumerId));
  }
  return chosen.late(steps);
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
