import type { Pdk } from "../../pdk/pdk.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import type { Config } from "./config.js";
import { type Directives, lifetime, parseDirectives } from "./directives.js";
import { isExpected, type MediaType, parseMediaType } from "./media-type.js";

const prepare = perConfig((config: Config) => ({
  methods: new Set<string>(config.request_method),
  statuses: new Set(config.response_code),
  types: config.content_type.map(parseMediaType).filter((type): type is MediaType => type !== undefined),
}));

/** What `Connection` may name and yet leave the request as the upstream gets it: the others are taken off. */
const ofConnections = new Set(["close", "keep-alive", "upgrade", "te", "trailer", "http2-settings", "proxy-connection"]);

/** Whether an answer to the request may be stored, or a stored one be sent. */
export function isCacheableRequest(pdk: Pdk, config: Config, directives: Directives): boolean {
  const { request } = pdk;
  const method = request.getMethod();
  if (!prepare(config).methods.has(method)) return false;
  if (directives.has("no-store") || directives.has("no-cache")) return false;
  // A body that the method has no use for may still make the upstream answer something else, and is not part of the key.
  if ((method === "GET" || method === "HEAD") && request.hasBody()) return false;
  if (request.getHeader("upgrade")?.toLowerCase() === "websocket") return false;
  // The key must not be made of headers that the upstream does not get.
  const named = request.getHeaderValues("connection")?.join(",").toLowerCase().split(",") ?? [];
  return named.every((name) => name.trim() === "" || ofConnections.has(name.trim()));
}

/** Whether the answer may be stored, as far as its head says; and if so, for how many seconds it is good. */
export function storableFor(pdk: Pdk, config: Config): number | undefined {
  const { response } = pdk;
  const status = response.getStatus();
  if (!prepare(config).statuses.has(status) || isPartial(pdk, status)) return undefined;
  // The gateway's own errors are about this request, not about what was asked for.
  if (response.getSource() === "error") return undefined;
  // Cookies are for one client (nginx does not store such answers either).
  if (response.getHeader("set-cookie") !== undefined) return undefined;
  if (!isOfExpectedType(pdk, config)) return undefined;
  if (!config.cache_control) return config.cache_ttl ?? 0;
  const headers = response.getHeaders(MOST_HEADERS);
  const directives = parseDirectives(listOf(headers["cache-control"]));
  if (directives.has("private") || directives.has("no-store") || directives.has("no-cache")) return undefined;
  const seconds = lifetime(directives, listOf(headers.expires)?.[0], pdk.now());
  return seconds > 0 ? seconds : undefined;
}

/** The most that the PDK gives. */
export const MOST_HEADERS = 1000;

/** Interim answers, parts of a whole and "not modified" are no answer to somebody else's request. */
function isPartial({ response }: Pdk, status: number): boolean {
  return status < 200 || status === 206 || status === 304 || response.getHeader("content-range") !== undefined;
}

function isOfExpectedType(pdk: Pdk, config: Config): boolean {
  const types = listOf(pdk.response.getHeaders(MOST_HEADERS)["content-type"]);
  if (types?.length !== 1) return false;
  const type = parseMediaType(withoutOwnCharset(types[0] as string, pdk.service.response.getHeader("content-type")));
  return type !== undefined && prepare(config).types.some((expected) => isExpected(expected, type));
}

/** The gateway adds a charset to text types, which Kong does after the plugins. */
function withoutOwnCharset(type: string, told: string | undefined): string {
  return told !== undefined && type.startsWith(`${told}; charset=`) ? told : type;
}

export function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === "string" ? [value] : value;
}
