import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as postern from "postern";
import { describe, expect, it } from "vitest";
import { PdkCache } from "../../src/pdk/cache.js";
import { PdkClient, PdkClientTls } from "../../src/pdk/client.js";
import { PdkCtx } from "../../src/pdk/ctx.js";
import { PdkLog } from "../../src/pdk/log/pdk-log.js";
import { Pdk } from "../../src/pdk/pdk.js";
import { PdkPlugin } from "../../src/pdk/plugin.js";
import { PdkQueue } from "../../src/pdk/queue/pdk-queue.js";
import { RedisConnections } from "../../src/pdk/redis/connections.js";
import { PdkRequest } from "../../src/pdk/request.js";
import { PdkResponse } from "../../src/pdk/response.js";
import { PdkService, PdkServiceRequest, PdkServiceResponse } from "../../src/pdk/service.js";
import { PdkVault } from "../../src/pdk/vault.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const pages = ["README.md", ...markdownIn("docs"), ...markdownIn("examples")].map((path) => ({ path, text: read(path) }));

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`);
}

const hasRow = (page: string, name = ""): boolean => new RegExp(`\\n\\| \`${name}\` +\\|`).test(page);

describe("reference pages name everything there is", () => {
  it("options", () => {
    const page = read("docs/reference/options.md");
    const known = /const known: [^{]*\{([^}]*)\}/.exec(read("src/options.ts"))?.[1] ?? "";
    const options = [...known.matchAll(/(\w+): true/g)].map(([, name]) => name);
    expect(options.length).toBeGreaterThan(10);
    expect(options.filter((name) => !hasRow(page, name))).toEqual([]);
    const table = page.slice(0, page.indexOf("## Tokens"));
    const rows = [...table.matchAll(/\n\| `(\w+)` +\|/g)].map(([, name]) => name);
    expect(rows.filter((name) => !options.includes(name))).toEqual([]);
  });

  it("events", () => {
    const page = read("docs/reference/events.md");
    const events = [...read("src/gateway-events.ts").matchAll(/^ {2}"?([\w:]+)"?: \[.*\];$/gm)].map(([, name]) => name);
    expect(events.length).toBeGreaterThan(2);
    expect(events.filter((name) => !hasRow(page, name))).toEqual([]);
  });

  it("error classes, with code and status", () => {
    const page = read("docs/reference/errors.md");
    const classes = Object.entries(postern).filter(
      ([, value]) => typeof value === "function" && value.prototype instanceof Error,
    );
    expect(classes.length).toBeGreaterThan(20);
    expect(classes.map(([name]) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it("bundled plugins", () => {
    const page = read("docs/README.md");
    const plugins = postern.createGateway().plugins.names();
    expect(plugins.filter((name) => !page.includes(`- [${name}](plugins/${name}.md)`))).toEqual([]);
  });

  it.each([
    ["pdk.request", PdkRequest],
    ["pdk.client", PdkClient],
    ["pdk.service", PdkService],
    ["pdk.service.request", PdkServiceRequest],
    ["pdk.service.response", PdkServiceResponse],
    ["pdk.response", PdkResponse],
    ["pdk.cache", PdkCache],
    ["pdk.log", PdkLog],
    ["pdk.ctx", PdkCtx],
    ["pdk.plugin", PdkPlugin],
    ["pdk.queue", PdkQueue],
    ["pdk.redis", RedisConnections],
    ["pdk.vault", PdkVault],
    ["pdk.client.tls", PdkClientTls],
    ["pdk", Pdk],
  ])("functions of %s", (_name, { prototype }) => {
    const page = read("docs/reference/pdk.md");
    const functions = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
    expect(functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
  });
});

const documents = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/```ya?ml\n([\s\S]*?)```/g)]
    .map(([, yaml = ""], index) => ({ name: `${path}, block ${index + 1}`, yaml }))
    .filter(({ yaml }) => yaml.includes("_format_version")),
);

describe("whole documents in the documentation load", () => {
  it("finds them", () => {
    expect(documents.length).toBeGreaterThan(8);
  });

  it.each(documents)("$name", async ({ yaml }) => {
    const gateway = postern.createGateway({ declarativeConfigString: yaml });
    expect(gateway.config.warnings).toEqual([]);
    await gateway.close();
  });
});

describe("links lead somewhere", () => {
  it.each(pages)("$path", ({ path, text }) => {
    const prose = text.replace(/```[\s\S]*?```/g, "");
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link).filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : relative(root, join(root, dirname(path), file));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchors(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** The anchors that headings get, in the way in which GitHub makes them. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
