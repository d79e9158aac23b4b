import type { AdminEndpointAnswer, AdminEndpoints } from "../../plugin-runner/admin-endpoints.js";
import type { PluginNode } from "../../plugin-runner/plugin-node.js";
import { type MemoryZone, MemoryZones, type StoredAnswer } from "./memory-zones.js";

const NOT_FOUND: AdminEndpointAnswer = { status: 404 };
const DONE: AdminEndpointAnswer = { status: 204 };

/** Shows and purges what is stored. */
export const adminEndpoints: AdminEndpoints = {
  "/proxy-cache": {
    DELETE(_request, node) {
      for (const zone of zonesOf(node).all) zone.clear();
      return DONE;
    },
  },
  "/proxy-cache/:cache_key": {
    GET: ({ params }, node) => show(zonesOf(node).all, params.cache_key, node),
    DELETE: ({ params }, node) => purge(zonesOf(node).all, params.cache_key, node),
  },
  "/proxy-cache/:plugin_id/caches/:cache_key": {
    GET: ({ params }, node) => show(zoneOf(node, params.plugin_id), params.cache_key, node),
    DELETE: ({ params }, node) => purge(zoneOf(node, params.plugin_id), params.cache_key, node),
  },
};

function zonesOf(node: PluginNode): MemoryZones {
  return node.state(() => new MemoryZones());
}

function zoneOf(node: PluginNode, pluginId = ""): readonly MemoryZone[] {
  const zone = zonesOf(node).ofInstance(pluginId);
  return zone === undefined ? [] : [zone];
}

function show(zones: Iterable<MemoryZone>, key = "", node: PluginNode): AdminEndpointAnswer {
  for (const zone of zones) {
    const entry = zone.get(key, node.now());
    if (entry !== undefined) return { status: 200, body: shown(entry.answer) };
  }
  return NOT_FOUND;
}

function purge(zones: Iterable<MemoryZone>, key = "", node: PluginNode): AdminEndpointAnswer {
  for (const zone of zones) {
    if (zone.get(key, node.now()) === undefined) continue;
    zone.delete(key);
    return DONE;
  }
  return NOT_FOUND;
}

/** JSON has no bytes: bodies are shown as text. */
function shown(answer: StoredAnswer): object {
  return { ...answer, body: answer.body.toString(), req_body: answer.req_body?.toString() };
}
