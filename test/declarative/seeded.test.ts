import { expect, it } from "vitest";
import { parse } from "yaml";
import { loadDeclarative } from "../../src/declarative/load.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";
import type { ConfigIssue } from "../../src/errors/field-errors.js";
import { seededDocument } from "../support/seeded-document.js";
import { bundledEntities } from "./bundled.js";

function issuesOf(text: string, filename: string): readonly ConfigIssue[] {
  try {
    loadDeclarative(text, { entities: bundledEntities, filename });
  } catch (error) {
    if (error instanceof DeclarativeConfigError) return error.issues;
    throw error;
  }
  return [];
}

it("finds all of 20 mistakes among 1,000 records, each at its line", () => {
  const { text, mistakes } = seededDocument();
  expect(mistakes).toHaveLength(20);
  const issues = issuesOf(text, "gateway.yml");
  const missing = issues.filter(({ message }) => message !== "required field missing");
  expect(missing.map(({ line, path, message }) => ({ line, path, message }))).toEqual(mistakes);
  // The two services whose `host` is misspelt have none.
  expect(issues).toHaveLength(22);
  expect(issues.find(({ path }) => path.endsWith(".polcy"))?.hint).toBe("did you mean 'policy'?");
  expect(issues.find(({ message }) => message.startsWith("plugin 'rate-limting'"))?.hint).toBe("did you mean 'rate-limiting'?");
});

it("finds them in JSON too", () => {
  const { text, mistakes } = seededDocument();
  const json = JSON.stringify(parse(text), null, 2);
  const lines = json.split("\n");
  const issues = issuesOf(json, "gateway.json").filter(({ message }) => message !== "required field missing");
  expect(issues.map(({ path, message }) => ({ path, message }))).toEqual(
    mistakes.map(({ path, message }) => ({ path, message })),
  );
  for (const { path, line = 0 } of issues) {
    const key = /(\w+)(?:\[\d+\])?$/.exec(path)?.[1] ?? "";
    expect(`${lines[line - 2]}${lines[line - 1]}`).toContain(`"${key}"`);
  }
});
