import { describe, expect, it } from "vitest";
import type { BodyShape } from "../../src/admin/operation.js";
import { adminPaths, statusPaths } from "../../src/admin/paths.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";

// What documents and clients are generated from.

const entities = Object.values(entityDefinitions(loadPlugins().all));
const sources = { definitions: () => entities, pluginEndpoints: () => [], database: "off" } as const;
const known = new Set(entities.map(({ name }) => name));
const rows = [...adminPaths(sources), ...statusPaths(sources)].flatMap(({ pattern, endpoints }) =>
  Object.entries(endpoints).map(([method, { operation }]) => ({ method, pattern, operation })),
);

describe("every operation", () => {
  it("says what it does, and what it answers", () => {
    expect(rows.length).toBeGreaterThan(300);
    for (const { method, pattern, operation } of rows) {
      const what = `${method} ${pattern}`;
      expect(operation.summary, what).not.toBe("");
      expect(Object.keys(operation.answers).length, what).toBeGreaterThan(0);
      for (const status of Object.keys(operation.answers)) expect(Number(status), what).toBeGreaterThanOrEqual(200);
      if (method === "GET" || method === "DELETE") expect(operation.request, what).toBeUndefined();
    }
  });

  it("speaks of entities that there are", () => {
    for (const { method, pattern, operation } of rows) {
      const { entity, request, answers } = operation;
      const bodies = [request?.body, ...Object.values(answers).map(({ body }) => body)].flat() as (BodyShape | undefined)[];
      const named = bodies.flatMap((body) => (body && "entity" in body ? [body.entity] : []));
      for (const name of entity === undefined ? named : [entity, ...named])
        expect(known.has(name), `${method} ${pattern}`).toBe(true);
      if (operation.kind !== "action") expect(entity, `${method} ${pattern}`).toBeDefined();
    }
  });

  it("names in its pattern the entity of each parameter", () => {
    const others = new Set(["address", "filter_chains", "key", "level", "name"]);
    for (const { pattern } of rows) {
      const names = [...pattern.matchAll(/\{([^}]+)\}/g)].map(([, name = ""]) => name);
      expect(
        names.filter((name) => !known.has(name) && !others.has(name)),
        pattern,
      ).toEqual([]);
      expect(new Set(names).size, pattern).toBe(names.length);
    }
  });
});
