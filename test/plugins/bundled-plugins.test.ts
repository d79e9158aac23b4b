import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bundledPlugins } from "../../src/plugins/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("bundled plugins", () => {
  it("are all listed", () => {
    // A folder may have nothing but the entities of a plugin that is still to come.
    const folders = readdirSync(`${root}src/plugins`).filter((name) => existsSync(`${root}src/plugins/${name}/index.ts`));
    expect(bundledPlugins.map(({ name }) => name).sort()).toEqual(folders.sort());
  });

  // The order between plugins is part of what clients depend on.
  it.each([
    ["correlation-id", 100_001, ["service", "route", "consumer"]],
    ["cors", 2_000, ["service", "route"]],
    ["key-auth", 1_250, ["service", "route"]],
    ["rate-limiting", 910, ["service", "route", "consumer"]],
    ["request-termination", 2, ["service", "route", "consumer"]],
  ])("%s has Kong's priority and scopes", (name, priority, scopes) => {
    const plugin = bundledPlugins.find((candidate) => candidate.name === name);
    expect(plugin).toMatchObject({ priority, scopes, protocols: ["grpc", "grpcs", "http", "https"] });
  });

  it.each(bundledPlugins.map(({ name }) => name))("%s is documented", (name) => {
    expect(existsSync(`${root}docs/plugins/${name}.md`)).toBe(true);
  });
});
