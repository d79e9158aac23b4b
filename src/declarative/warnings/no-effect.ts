import { getPath } from "../../schema/values.js";
import type { Finding, Rule } from "../finding.js";
import type { DocumentRecord } from "../records.js";

type Values = Readonly<Record<string, unknown>>;

/** A setting that is stored, checked and shown, and that nothing acts upon. */
interface Idle {
  readonly path: readonly string[];
  readonly isSet: (record: Values) => boolean;
  readonly message: string;
}

const isAbove = (record: Values, ...paths: readonly string[]): boolean =>
  paths.some((path) => ((getPath(record, path) as number | null | undefined) ?? 0) > 0);
const isFilled = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
const protocolsOf = ({ protocols }: Values): readonly unknown[] => (Array.isArray(protocols) ? protocols : []);
const streams: readonly unknown[] = ["tcp", "tls", "tls_passthrough", "udp"];

const upstreams: readonly Idle[] = [
  {
    path: ["algorithm"],
    isSet: ({ algorithm }) => algorithm !== "round-robin",
    message: "only 'round-robin' is carried out; targets are chosen by it",
  },
  {
    path: ["healthchecks", "active"],
    isSet: (record) => isAbove(record, "healthchecks.active.healthy.interval", "healthchecks.active.unhealthy.interval"),
    message: "health checks are not carried out",
  },
  {
    path: ["healthchecks", "passive"],
    isSet: (record) =>
      isAbove(
        record,
        "healthchecks.passive.unhealthy.tcp_failures",
        "healthchecks.passive.unhealthy.timeouts",
        "healthchecks.passive.unhealthy.http_failures",
      ),
    message: "health checks are not carried out",
  },
  { path: ["use_srv_name"], isSet: (record) => record.use_srv_name === true, message: "SRV records are not asked for" },
];

const services: readonly Idle[] = [
  {
    path: ["tls_verify_depth"],
    isSet: ({ tls_verify_depth }) => typeof tls_verify_depth === "number",
    message: "the length of certificate chains is not limited",
  },
  {
    path: ["ca_certificates"],
    isSet: ({ ca_certificates }) => isFilled(ca_certificates),
    message: "upstreams are verified with the authorities of Node",
  },
  {
    path: ["protocol"],
    isSet: ({ protocol }) => streams.includes(protocol),
    message: "streams are not proxied",
  },
];

const routes: readonly Idle[] = [
  {
    path: ["protocols"],
    isSet: (record) => protocolsOf(record).some((protocol) => streams.includes(protocol)),
    message: "streams are not served",
  },
  { path: ["path_handling"], isSet: ({ path_handling }) => path_handling === "v1", message: "paths are joined as by 'v0'" },
  {
    path: ["regex_priority"],
    isSet: ({ regex_priority, paths }) =>
      typeof regex_priority === "number" &&
      regex_priority !== 0 &&
      !(Array.isArray(paths) && paths.some((path) => typeof path === "string" && path.startsWith("~"))),
    message: "it orders regular expressions, and the route has none",
  },
];

/** What this gateway stores and does not carry out. Kept beside `docs/compatibility.md`. */
const idle: Readonly<Record<string, readonly Idle[]>> = { upstreams, services, routes };

/** What finds the settings of an entity's records that have no effect; `undefined` where there are none. */
export function noEffectOf(entity: string): Rule | undefined {
  const settings = idle[entity];
  return settings && ((record, findings) => noEffect(record, settings, findings));
}

function noEffect(record: DocumentRecord, settings: readonly Idle[], findings: Finding[]): void {
  for (const { path, isSet, message } of settings) {
    if (isSet(record.completed)) findings.push({ code: "no_effect", record, path, message });
  }
}
