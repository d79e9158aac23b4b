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
    ["session", 1_900, ["service", "route"]],
    ["jwt", 1_450, ["service", "route"]],
    ["basic-auth", 1_100, ["service", "route"]],
    ["hmac-auth", 1_030, ["service", "route"]],
    ["acl", 950, ["service", "route"]],
    ["key-auth", 1_250, ["service", "route"]],
    ["rate-limiting", 910, ["service", "route", "consumer"]],
    ["bot-detection", 2_500, ["service", "route"]],
    ["request-size-limiting", 951, ["service", "route", "consumer"]],
    ["request-transformer", 801, ["service", "route", "consumer"]],
    ["response-ratelimiting", 900, ["service", "route", "consumer"]],
    ["proxy-cache", 100, ["service", "route", "consumer"]],
    ["response-transformer", 800, ["service", "route", "consumer"]],
    ["redirect", 779, ["service", "route", "consumer"]],
    ["prometheus", 13, ["service", "route", "consumer"]],
    ["http-log", 12, ["service", "route", "consumer"]],
    ["file-log", 9, ["service", "route", "consumer"]],
    ["request-termination", 2, ["service", "route", "consumer"]],
  ])("%s has Kong's priority and scopes", (name, priority, scopes) => {
    const plugin = bundledPlugins.find((candidate) => candidate.name === name);
    expect(plugin).toMatchObject({ priority, scopes, protocols: ["grpc", "grpcs", "http", "https"] });
  });

  it("ip-restriction is for streams by default as well", () => {
    expect(bundledPlugins.find(({ name }) => name === "ip-restriction")).toMatchObject({
      priority: 990,
      scopes: ["service", "route", "consumer"],
      protocols: ["http", "https", "tcp", "tls", "grpc", "grpcs"],
    });
  });

  it.each(bundledPlugins.map(({ name }) => name))("%s is documented", (name) => {
    expect(existsSync(`${root}docs/plugins/${name}.md`)).toBe(true);
  });
});
