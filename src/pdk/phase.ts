/** The phases of a request, and those of a plugin's life, under Kong's names. */
export type Phase =
  | "init_worker"
  | "configure"
  | "certificate"
  | "rewrite"
  | "access"
  | "balancer"
  | "response"
  | "header_filter"
  | "body_filter"
  | "log"
  | "error";

const bits: Readonly<Record<Phase, number>> = {
  init_worker: 1,
  configure: 2,
  certificate: 4,
  rewrite: 8,
  access: 16,
  balancer: 32,
  response: 64,
  header_filter: 128,
  body_filter: 256,
  log: 512,
  error: 1024,
};

/** A set of phases as bits, so that checking one costs a single operation. */
export interface PhaseSet {
  readonly bits: number;
  readonly names: readonly Phase[];
}

export function phases(...names: readonly Phase[]): PhaseSet {
  return { bits: names.reduce((sum, name) => sum | bits[name], 0), names };
}

/** REQ, HBL, … are the sets of Kong's PDK documentation (plugin runtime, "phase checks"). */
export const REQ = phases("rewrite", "access", "balancer", "response", "header_filter", "body_filter", "log", "error");
export const HBL = phases("response", "header_filter", "body_filter", "log", "error");
export const RAH = phases("rewrite", "access", "response", "balancer", "header_filter", "error");
export const SR = phases("response", "header_filter", "body_filter", "log");
export const AL = phases("access", "header_filter", "response", "body_filter", "log");
export const AR = phases("rewrite", "access");
export const LOG = phases("log");
export const ARB = phases("rewrite", "access", "balancer");
export const BODY_READ = phases("rewrite", "access", "response", "error");

/** @throws Error with Kong's text when `phase` is not in `allowed` */
export function checkPhase(phase: Phase, allowed: PhaseSet): void {
  if ((bits[phase] & allowed.bits) === 0) {
    throw new Error(`function cannot be called in ${phase} phase (only in: ${allowed.names.join(", ")})`);
  }
}
