import { defineEntity } from "../../src/schema/entity.js";
import { arrayOf, bool, foreign, int, record, setOf, str } from "../../src/schema/field.js";

const id = str({ uuid: true, auto: true });
const tags = setOf(str());

/** A small world of entities for tests of the store. */
export const shelves = defineEntity({
  name: "shelves",
  endpointKey: "name",
  fields: { id, name: str({ unique: true }), size: int({ default: 10, between: [1, 100] }), tags },
});

export const books = defineEntity({
  name: "books",
  endpointKey: "title",
  cacheKey: ["title", "shelf"],
  ttl: true,
  fields: {
    id,
    created_at: int({ auto: true, timestamp: true }),
    title: str({ required: true }),
    isbn: str({ unique: true, immutable: true }),
    shelf: foreign("shelves", { onDelete: "cascade" }),
    lent: bool({ default: false }),
    authors: arrayOf(str()),
    details: record({ pages: int(), cover: str({ default: "soft" }) }),
    tags,
  },
});

export const labels = defineEntity({
  name: "labels",
  cacheKey: ["text"],
  primaryKey: ["text"],
  workspaceable: false,
  fields: { text: str({ required: true, unique: true }), shelf: foreign("shelves", { unique: true }) },
});

export const shop = { shelves, books, labels };
