import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";
import { testGateway } from "../support/test-gateway.js";

const page = readFileSync(new URL("../../docs/guide/cookbook.md", import.meta.url), "utf8");

/** A recipe: a document, and what a session at a terminal shows. */
const recipes = [...page.matchAll(/^## (.+)\n[\s\S]*?^```yaml\n([\s\S]*?)^```\n\n^```console\n([\s\S]*?)^```/gm)].map(
  ([, title = "", document = "", session = ""]) => ({ title, document, session }),
);

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

function callsOf(session: string): Call[] {
  return [...session.matchAll(/^\$ curl -i (.*)\nHTTP\/1\.1 (\d+) .*$/gm)].map(([, line = "", status]) => ({
    method: /-X (\w+)/.exec(line)?.[1] ?? "GET",
    path: /http:\/\/localhost:8000(\S*)/.exec(line)?.[1] ?? "",
    headers: Object.fromEntries([...line.matchAll(/-H '([^:]+): ([^']*)'/g)].map(([, name, value]) => [name, value])),
    status: Number(status),
  }));
}

describe("docs/guide/cookbook.md", () => {
  it("has a document and requests in every section", () => {
    expect(recipes.map(({ title }) => title)).toEqual([...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title));
  });

  it.each(recipes)("$title", async ({ document, session }) => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({ config: document.replaceAll(":9000", `:${new URL(upstream.url).port}`) });
    expect(gateway.gateway.config.warnings).toEqual([]);
    const calls = callsOf(session);
    expect(calls.length).toBeGreaterThan(0);
    expect(calls).toHaveLength(session.split("$ curl").length - 1);
    for (const { method, path, headers, status } of calls) {
      expect([method, path, (await gateway.fetch(path, { method, headers })).status]).toEqual([method, path, status]);
    }
  });
});
