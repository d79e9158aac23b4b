import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { str } from "../../src/schema/field.js";
import { entity } from "../schema/support.js";
import { entityPage } from "./entity-page.js";
import { entityPages, folder } from "./entity-pages.js";

const target = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));

describe("the pages about entities", () => {
  const pages = entityPages();

  it("are all there, and no others", () => {
    expect(readdirSync(target).sort()).toEqual([...pages.keys()].sort());
  });

  it.each([...pages.keys()])("%s says what the definition says (else: npm run docs:entities)", (file) => {
    expect(readFileSync(`${target}${file}`, "utf8")).toBe(pages.get(file));
  });

  it("need a description of everything", () => {
    expect(() => entityPage(entity({ name: str() }), { all: [] })).toThrow("entity 'things' has no description");
    expect(() => entityPage(entity({ name: str() }, { description: "A thing." }), { all: [] })).toThrow("field 'id' of 'things'");
  });
});
