import type { Pdk } from "../../pdk/pdk.js";
import type { ArgumentsInput } from "../../pdk/service.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { changeMembers, isPresent, membersOf } from "../../util/members.js";
import { changeBody, formToQuery, hasForm } from "./body.js";
import { type ChangeRules, compileChanges, type Lists } from "./changes.js";
import { type Config, configFields } from "./config.js";
import { RequestEnvironment } from "./environment.js";
import { changeHeaders, headerSafe } from "./headers.js";
import { compileTemplate, type Template } from "./templates/template.js";
import { toText } from "./templates/values.js";

interface Prepared {
  readonly uri: Template | undefined;
  /** The new method has no body, so that a form goes into the query. */
  readonly formToQuery: boolean;
  readonly headers: ChangeRules | undefined;
  readonly query: ChangeRules | undefined;
  readonly body: ChangeRules | undefined;
  /** The templates of the body, rendered when the headers have changed, look at headers. */
  readonly keepHeaders: boolean;
}

const prepare = perConfig((config: Config): Prepared => {
  const { replace, http_method: method } = config;
  const headers = compileChanges(listsOf(config, "headers"), headerSafe);
  const body = compileChanges(listsOf(config, "body"), toText);
  return {
    uri: replace.uri === null ? undefined : compileTemplate(replace.uri),
    formToQuery: method === "GET" || method === "HEAD" || method === "TRACE",
    headers,
    query: compileChanges(listsOf(config, "querystring"), toText),
    body,
    keepHeaders: headers !== undefined && body?.names.has("headers") === true,
  };
});

function listsOf({ remove, rename, replace, add, append }: Config, part: "body" | "headers" | "querystring"): Lists {
  return { remove: remove[part], rename: rename[part], replace: replace[part], add: add[part], append: append[part] };
}

/** Changes the request before it goes upstream: path, method, headers, query and body. */
export const requestTransformer = definePlugin({
  name: "request-transformer",
  version: "3.10.0",
  priority: 801,
  allowedProtocols: ["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"],
  config: configFields,

  configure(configs) {
    for (const config of configs ?? []) prepare(config);
  },

  access(pdk, config) {
    const prepared = prepare(config);
    const environment = new RequestEnvironment(pdk);
    if (prepared.uri !== undefined) pdk.service.request.setPath(toText(prepared.uri.render(environment)));
    if (config.http_method !== null) {
      pdk.service.request.setMethod(config.http_method);
      if (prepared.formToQuery && hasForm(pdk)) {
        return formToQuery(pdk).then((done) => (done ? transform(pdk, prepared, environment) : undefined));
      }
    }
    return transform(pdk, prepared, environment);
  },
});

/** Templates see the request as it came, so everything is rendered before anything changes. */
function transform(
  pdk: Pdk,
  { headers, query, body, keepHeaders }: Prepared,
  environment: RequestEnvironment,
): Promise<void> | undefined {
  const headerChanges = headers?.render(environment);
  const queryChanges = query?.render(environment);
  if (keepHeaders) environment.keepHeaders();
  if (headerChanges !== undefined) changeHeaders(pdk, headerChanges);
  if (queryChanges !== undefined) {
    const members = membersOf(environment.query());
    changeMembers(members, queryChanges, isPresent);
    pdk.service.request.setQuery(members as ArgumentsInput);
  }
  return body === undefined ? undefined : changeBody(pdk, body, environment);
}
