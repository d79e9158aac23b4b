import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { type Config, configFields } from "./config.js";
import { changeHeaders, headerChanges } from "./headers.js";
import { changeJson, isJson, jsonChanges } from "./json.js";

const prepare = perConfig((config: Config) => ({ headers: headerChanges(config), json: jsonChanges(config) }));

/** Changes answers on their way to the client: headers, and the members of JSON objects. */
export const responseTransformer = definePlugin({
  name: "response-transformer",
  version: "3.10.0",
  priority: 800,
  config: configFields,

  headerFilter(pdk, config) {
    const { headers, json } = prepare(config);
    const { response } = pdk;
    const changesBody = json !== undefined && isJson(response.getHeader("content-type"));
    if (headers !== undefined) changeHeaders(response, headers);
    if (!changesBody) return;
    pdk.ctx.plugin.changesBody = true;
    response.clearHeader("Content-Length");
  },

  filtersBody: (config) => prepare(config).json !== undefined,

  bodyFilter(pdk, config) {
    if (pdk.ctx.plugin.changesBody !== true) return;
    const body = pdk.response.getRawBody();
    // There is none in answers to HEAD, and with 204 or 304.
    if (body === undefined || body.length === 0) return;
    const { json } = prepare(config);
    if (json === undefined) return;
    try {
      const changed = changeJson(body.toString("utf8"), json);
      if (changed !== undefined) pdk.response.setRawBody(changed);
    } catch {
      pdk.log.warn("body transform failed: failed parsing json body");
    }
  },
});
