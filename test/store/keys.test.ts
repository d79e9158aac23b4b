import { expect, it } from "vitest";
import { cacheKeyText, defaultWorkspaceId, isUniqueField, primaryKeyText } from "../../src/store/keys.js";
import { books, labels, shelves } from "./shop.js";

const shelf = { id: "11111111-1111-4111-8111-111111111111" };

it("builds cache keys of six colons", () => {
  expect(cacheKeyText(books, { id: "b", title: "Emma", shelf })).toBe(`books:Emma:${shelf.id}::::${defaultWorkspaceId}`);
  expect(cacheKeyText(books, { id: "b", title: "Emma", shelf: null }, "ws")).toBe("books:Emma:::::ws");
  expect(cacheKeyText(shelves, { id: "s" }, "ws")).toBe("shelves:s:::::ws");
  expect(cacheKeyText(labels, { text: "new" }, "ws")).toBe("labels:new:::::");
});

it("falls back to the primary key when nothing of the cache key is set", () => {
  expect(cacheKeyText(books, { id: "b", title: null, shelf: null }, "ws")).toBe("books:b:::::ws");
});

it("joins the parts of composite keys", () => {
  const composite = { ...labels, primaryKey: ["text", "shelf", "absent"] };
  expect(primaryKeyText(composite, { text: "new", shelf })).toBe(`new:${shelf.id}:`);
});

it("knows which fields lead to one record", () => {
  expect([isUniqueField(books, "isbn"), isUniqueField(books, "title"), isUniqueField(books, "lent")]).toEqual([
    true,
    true,
    false,
  ]);
});
