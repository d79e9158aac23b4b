import type { Pdk } from "../pdk/pdk.js";
import type { RequestContext } from "../pdk/request-context.js";
import { bytesOf } from "../pdk/response.js";
import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import { thrownStack } from "../util/thrown.js";
import type { Choices, LatePhases, Plan } from "./plan.js";
import { PluginError } from "./plugin-error.js";
import type { PluginInstance } from "./plugin-index.js";

/** The phases whose handlers are called one after the other and may take time. */
type SerialPhase = "rewrite" | "access" | "response" | "log";

/**
 * Calls one phase of each instance in turn. Waits only for handlers that return a promise; stops when an answer was given, or when the
 * client has left meanwhile: the request is in its log phase then.
 *
 * @throws PluginError (or rejects with it) for the first handler that throws
 */
export function runSerial(
  instances: readonly PluginInstance[],
  phase: SerialPhase,
  pdk: Pdk,
  context: RequestContext,
  from = 0,
): MaybePromise<void> {
  for (let i = from; i < instances.length; i += 1) {
    const instance = instances[i] as PluginInstance;
    context.plugin = instance;
    let result: MaybePromise<void> | undefined;
    try {
      result = instance.plugin[phase]?.(pdk as never, instance.config);
    } catch (error) {
      throw new PluginError(instance.name, phase, error);
    }
    if (isPromise(result)) {
      return Promise.resolve(result).then(
        () =>
          stopsAfter(phase, context) || context.phase !== phase ? undefined : runSerial(instances, phase, pdk, context, i + 1),
        (error: unknown) => {
          throw new PluginError(instance.name, phase, error);
        },
      );
    }
    if (stopsAfter(phase, context)) return;
  }
}

function stopsAfter(phase: SerialPhase, context: RequestContext): boolean {
  return phase !== "log" && context.exit !== null;
}

/**
 * Runs the access phase of a plan and finds out which instances take part later. After an answer or a failure no further access
 * handler runs, but the later phases of the plugins below are still collected, chosen with the consumer known at that point.
 *
 * @param failed - told of a handler that threw, once at most
 */
export function runAccess(
  plan: Plan,
  pdk: Pdk,
  context: RequestContext,
  failed: (error: PluginError) => void,
): MaybePromise<LatePhases> {
  if (plan.access !== null && plan.late !== null) {
    const { late } = plan;
    if (plan.access.length === 0) return late;
    try {
      const running = runSerial(plan.access, "access", pdk, context);
      if (!isPromise(running)) return late;
      return (running as Promise<void>).then(
        () => late,
        (error: unknown) => {
          failed(error as PluginError);
          return late;
        },
      );
    } catch (error) {
      failed(error as PluginError);
      return late;
    }
  }
  return new Collector(plan, pdk, context, failed).run(0);
}

/** The access loop of plans in which some choice depends on the consumer. */
class Collector {
  readonly #plan: Plan;
  readonly #pdk: Pdk;
  readonly #context: RequestContext;
  readonly #failed: (error: PluginError) => void;
  #choices: Choices;
  #stopped = false;

  constructor(plan: Plan, pdk: Pdk, context: RequestContext, failed: (error: PluginError) => void) {
    this.#plan = plan;
    this.#choices = plan.choices;
    this.#pdk = pdk;
    this.#context = context;
    this.#failed = failed;
  }

  run(from: number): MaybePromise<LatePhases> {
    const { steps } = this.#plan;
    const context = this.#context;
    for (let i = from; i < steps.length; i += 1) {
      const { base, choose } = steps[i] as (typeof steps)[number];
      const instance: PluginInstance | null = choose !== null && context.consumer !== null ? choose(context.consumer.id) : base;
      if (choose !== null) this.#choices = this.#choices.with(instance);
      if (instance === null) continue;
      if (this.#stopped || instance.plugin.access === undefined) continue;
      context.plugin = instance;
      try {
        const result = instance.plugin.access(this.#pdk as never, instance.config);
        if (isPromise(result)) {
          return Promise.resolve(result).then(
            () => this.#next(i),
            (error: unknown) => {
              this.#fail(instance, error);
              return this.run(i + 1);
            },
          );
        }
      } catch (error) {
        this.#fail(instance, error);
      }
      if (context.exit !== null) this.#stopped = true;
    }
    return this.#choices.late(steps);
  }

  #next(i: number): MaybePromise<LatePhases> {
    if (this.#context.exit !== null || this.#context.phase !== "access") this.#stopped = true;
    return this.run(i + 1);
  }

  #fail(instance: PluginInstance, error: unknown): void {
    this.#stopped = true;
    this.#failed(new PluginError(instance.name, "access", error));
  }
}

/**
 * Calls the certificate phase of each instance, during a TLS handshake.
 *
 * @throws PluginError (or rejects with it) for the first that throws: the handshake fails
 */
export function runCertificate(instances: readonly PluginInstance[], serverName: string, from = 0): MaybePromise<void> {
  for (let i = from; i < instances.length; i += 1) {
    const { plugin, config, name } = instances[i] as PluginInstance;
    try {
      const running = plugin.certificate?.(config, serverName);
      if (isPromise(running)) {
        return Promise.resolve(running).then(
          () => runCertificate(instances, serverName, i + 1),
          (error: unknown) => {
            throw new PluginError(name, "certificate", error);
          },
        );
      }
    } catch (error) {
      throw new PluginError(name, "certificate", error);
    }
  }
}

/**
 * Calls the header filters in turn. An answer given by one of them ends the phase.
 *
 * @throws PluginError for the first that throws
 */
export function runHeaderFilters(instances: readonly PluginInstance[], pdk: Pdk, context: RequestContext): void {
  for (const instance of instances) {
    context.plugin = instance;
    const before = context.exit;
    try {
      const result: unknown = instance.plugin.headerFilter?.(pdk as never, instance.config);
      if (result !== undefined) ignorePromise(result, instance, "header_filter", context);
    } catch (error) {
      throw new PluginError(instance.name, "header_filter", error);
    }
    if (context.exit !== before) return;
  }
}

/**
 * Passes one piece of the body through the body filters.
 *
 * @returns what to send in place of it
 * @throws PluginError for the first that throws
 */
export function runBodyFilters(
  instances: readonly PluginInstance[],
  pdk: Pdk,
  context: RequestContext,
  data: Buffer,
  last: boolean,
): Buffer {
  // What a plugin has put in place of the whole body is out: the rest of it is of no interest.
  if (context.bodyEnded) return NOTHING;
  let piece = data;
  let end = last;
  for (const instance of instances) {
    context.plugin = instance;
    const chunk = { data: piece, last: end };
    context.bodyChunk = chunk;
    context.bodyReplacement = null;
    let result: unknown;
    try {
      result = instance.plugin.bodyFilter?.(pdk as never, instance.config, chunk);
    } catch (error) {
      throw new PluginError(instance.name, "body_filter", error);
    }
    if (typeof result === "string") piece = Buffer.from(result);
    else if (Buffer.isBuffer(result)) piece = result;
    else {
      if (result !== undefined) {
        if (result instanceof Uint8Array) context.bodyReplacement = bytesOf(result);
        else ignorePromise(result, instance, "body_filter", context);
      }
      if (context.bodyReplacement !== null) piece = context.bodyReplacement;
    }
    if (context.bodyEnded) end = true;
  }
  return piece;
}

/** The answer does not wait for its filters. One that fails later than that must at least not end the process. */
function ignorePromise(result: unknown, { name }: PluginInstance, phase: string, { node, requestId }: RequestContext): void {
  if (!isPromise(result)) return;
  Promise.resolve(result).catch((error: unknown) => {
    const failure = new PluginError(name, phase, error);
    node.logger.error(failure.message, { request_id: requestId, stack: thrownStack(failure) });
  });
}

const NOTHING = Buffer.alloc(0);
