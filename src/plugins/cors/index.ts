import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { arrayOf, bool, type InferFields, num, oneOf, str } from "../../schema/field.js";
import { headerTextFault } from "../../schema/header-text.js";
import { pcreFault } from "../../util/regex.js";
import { compileOrigins, type OriginAnswer, type OriginRule, originAnswer, sameAnswer } from "./origins.js";

const METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"] as const;

function originFault(value: string): string | undefined {
  return value === "*" || pcreFault(value) === undefined ? undefined : `'${value}' is not a valid regex`;
}

const configFields = {
  origins: arrayOf(str({ validator: originFault }), {
    description: "Origins that may read answers: `*`, origins, or regular expressions. None: all origins.",
  }),
  headers: arrayOf(str({ validator: headerTextFault }), {
    description: "Headers that requests may carry; none: those that the preflight asks for.",
  }),
  exposed_headers: arrayOf(str({ validator: headerTextFault }), { description: "Headers of answers that scripts may read." }),
  methods: arrayOf(oneOf(METHODS), { default: METHODS, description: "Methods that requests may have." }),
  max_age: num({ description: "Seconds for which browsers may keep the answer to a preflight." }),
  credentials: bool({ required: true, default: false, description: "Lets requests carry cookies and the like." }),
  private_network: bool({ required: true, default: false, description: "Lets public pages reach private networks." }),
  preflight_continue: bool({ required: true, default: false, description: "Sends preflights on to the upstream." }),
  allow_origin_absent: bool({
    required: true,
    default: true,
    description: "Sends the headers to clients without an origin too.",
  }),
};

type Config = InferFields<typeof configFields>;

interface Prepared {
  readonly origins: OriginRule;
  /** What every request gets, where that does not depend on its origin. */
  readonly same: OriginAnswer | undefined;
  /** Patterns that were too slow since this was last asked. */
  readonly slow: Set<string>;
  readonly allowHeaders: string | undefined;
  readonly exposedHeaders: string | undefined;
  readonly allowMethods: string;
}

const prepare = perConfig((config: Config): Prepared => {
  const slow = new Set<string>();
  const origins = compileOrigins(config.origins, (pattern) => slow.add(pattern));
  return {
    origins,
    same: config.allow_origin_absent ? sameAnswer(origins, config.credentials) : undefined,
    slow,
    allowHeaders: joined(config.headers),
    exposedHeaders: joined(config.exposed_headers),
    allowMethods: (config.methods ?? METHODS).join(","),
  };
});

function answerTo(origin: string | undefined, pdk: Pdk, config: Config, { origins, slow }: Prepared): OriginAnswer {
  const answer = originAnswer(origins, config.credentials, origin);
  if (slow.size === 0) return answer;
  for (const pattern of slow) pdk.log.warn(`the pattern '${pattern}' takes too long on an origin and was passed over`);
  slow.clear();
  return answer;
}

function joined(list: readonly string[] | null): string | undefined {
  return list === null || list.length === 0 ? undefined : list.join(",");
}

/** Lets browsers send requests from pages of other origins, and answers their preflights. */
export const cors = definePlugin({
  name: "cors",
  version: "3.10.0",
  priority: 2000,
  scopes: ["service", "route"],
  config: configFields,

  access(pdk, config) {
    const { request } = pdk;
    if (request.getMethod() !== "OPTIONS") return;
    const origin = request.getHeader("origin");
    if (!origin || request.getHeader("access-control-request-method") === undefined) return;
    pdk.ctx.plugin.preflight = true;
    if (config.preflight_continue) return;

    const prepared = prepare(config);
    const { allowHeaders, allowMethods } = prepared;
    const headers: Record<string, string | number> = {};
    const { allowed, varies, credentials } = answerTo(origin, pdk, config, prepared);
    if (allowed !== undefined) headers["Access-Control-Allow-Origin"] = allowed;
    if (varies) headers.Vary = "Origin";
    if (credentials) headers["Access-Control-Allow-Credentials"] = "true";
    const acceptedHeaders = allowHeaders ?? request.getHeader("access-control-request-headers");
    if (acceptedHeaders !== undefined) headers["Access-Control-Allow-Headers"] = acceptedHeaders;
    headers["Access-Control-Allow-Methods"] = allowMethods;
    if (config.max_age !== null) headers["Access-Control-Max-Age"] = config.max_age;
    if (config.private_network && request.getHeader("access-control-request-private-network") === "true") {
      headers["Access-Control-Allow-Private-Network"] = "true";
    }
    return pdk.response.exit(200, null, headers);
  },

  headerFilter(pdk, config) {
    const { request, response } = pdk;
    if (request.getMethod() === "OPTIONS" && pdk.ctx.plugin.preflight === true) return;
    const prepared = prepare(config);
    const { exposedHeaders } = prepared;
    let answer = prepared.same;
    if (answer === undefined) {
      const origin = request.getHeader("origin");
      if (!origin && !config.allow_origin_absent) return;
      answer = answerTo(origin, pdk, config, prepared);
    }
    const { allowed, varies, credentials } = answer;
    if (allowed === undefined) response.clearHeader("Access-Control-Allow-Origin");
    else response.setHeader("Access-Control-Allow-Origin", allowed);
    if (varies) response.addHeader("Vary", "Origin");
    if (credentials) response.setHeader("Access-Control-Allow-Credentials", "true");
    if (exposedHeaders !== undefined) response.setHeader("Access-Control-Expose-Headers", exposedHeaders);
  },
});
