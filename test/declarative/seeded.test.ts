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

const { text, entities, mistakes } = seededDocument(1000, 20);

it("finds all of 20 mistakes among 1,000 records, each at its line", () => {
  expect([entities >= 1000, mistakes.length]).toEqual([true, 20]);
  const issues = issuesOf(text, "gateway.yml");
  expect(issues.map(({ line, path, message }) => ({ line, path, message }))).toEqual(mistakes);
  expect(issues.find(({ path }) => path.endsWith(".hours"))?.hint).toBe("did you mean 'hour'?");
  expect(issues.find(({ message }) => message.startsWith("plugin 'rate-limitng'"))?.hint).toBe("did you mean 'rate-limiting'?");
});

it("finds them in JSON too", () => {
  const json = JSON.stringify(parse(text), null, 2);
  const lines = json.split("\n");
  const issues = issuesOf(json, "gateway.json");
  expect(issues.map(({ path, message }) => ({ path, message }))).toEqual(
    mistakes.map(({ path, message }) => ({ path, message })),
  );
  for (const { path, line = 0 } of issues) {
    const key = /([\w-]+)(?:\[\d+\])?$/.exec(path)?.[1] ?? "";
    expect(`${lines[line - 2]}${lines[line - 1]}`).toContain(`"${key}"`);
  }
});
