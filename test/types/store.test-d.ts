import { expectTypeOf } from "vitest";
import type { GatewayStore } from "../../src/gateway-store.js";
import { defineEntity } from "../../src/schema/entity.js";
import { bool, type ForeignKey, foreign, int, setOf, str } from "../../src/schema/field.js";
import { utf8Name } from "../../src/schema/typedefs.js";
import type { EntityStore } from "../../src/store/dao.js";

const shelves = defineEntity({
  name: "shelves",
  fields: { id: str({ auto: true, uuid: true }), name: str({ unique: true }), room: str(), label: utf8Name() },
});
const books = defineEntity({
  name: "books",
  endpointKey: "title",
  fields: {
    id: str({ auto: true, uuid: true }),
    title: str({ required: true }),
    pages: int({ required: true, default: 1 }),
    lent: bool(),
    tags: setOf(str()),
    shelf: foreign("shelves"),
  },
});

declare const store: EntityStore<{ shelves: typeof shelves; books: typeof books }>;
declare const anyStore: EntityStore;
declare function never(): never;

const found = await store.books.select("id");
expectTypeOf(found?.title).toEqualTypeOf<string | undefined>();
expectTypeOf(found?.lent).toEqualTypeOf<boolean | null | undefined>();
expectTypeOf(found?.shelf).toEqualTypeOf<ForeignKey<"shelves"> | null | undefined>();
if (found) void store.books.select(found);

for await (const shelf of store.shelves.each()) expectTypeOf(shelf.name).toEqualTypeOf<string | null>();
const page = await store.books.pageFor("shelf", { id: "id" }, 10);
expectTypeOf(page.data[0]?.pages).toEqualTypeOf<number | undefined>();

void store.books.selectBy("title", "Emma");
void store.shelves.selectBy("name", "top");
void store.shelves.selectBy("label", "top");
void store.books.insert({ title: "Emma", shelf: { name: "top" } });
void store.books.update("id", { lent: true });

// @ts-expect-error a store has no such entity
void store.bokos;
// @ts-expect-error no such field
void store.books.selectBy("titel", "Emma");
// @ts-expect-error not unique
void store.shelves.selectBy("room", "attic");
// @ts-expect-error neither unique nor the endpoint key
void store.books.selectBy("pages", 5);
// @ts-expect-error lists are never unique
void store.books.selectBy("tags", ["a"]);
// @ts-expect-error flags are never unique
void store.books.selectBy("lent", true);
// @ts-expect-error a title is text
void store.books.selectBy("title", 5);
// @ts-expect-error no such foreign field
void store.books.pageFor("owner", "id");
// @ts-expect-error a field, but not a foreign one
void store.books.eachFor("title", "id");
// @ts-expect-error a book needs a title
void store.books.insert({ lent: true });
// @ts-expect-error no such field
void store.books.update("id", { titel: "Emma" });
// @ts-expect-error a key is text or has an id
void store.books.select(5);

const shelf = (await store.shelves.select("id")) ?? never();
const book = (await store.books.select("id")) ?? never();
void store.books.insert({ title: "Emma", shelf });
void store.books.update(book, { shelf });
void store.books.eachFor("shelf", shelf);
void store.books.delete(book);
void store.shelves.upsert(shelf, { ...shelf, name: "low" });
void store.books.increment(book, "pages", 1);
// @ts-expect-error the record of another entity
void store.books.insert({ title: "Emma", shelf: book });
// @ts-expect-error the record of another entity
void store.books.update(book, { shelf: book });
// @ts-expect-error the record of another entity
void store.books.pageFor("shelf", book);
// @ts-expect-error the record of another entity
void store.books.eachFor("shelf", book);
// @ts-expect-error the record of another entity
void store.books.select(shelf);
// @ts-expect-error the record of another entity
void store.shelves.delete(book);
// @ts-expect-error text cannot be counted
void store.books.increment(book, "title", 1);
// @ts-expect-error no entity of this name has such a method
void store.books.selectByCaCertificate("id");

declare const gateway: GatewayStore;
expectTypeOf((await gateway.tags.pageByTag("eu")).data[0]?.entity_name).toEqualTypeOf<string | undefined>();
expectTypeOf((await gateway.services.selectByCaCertificate("id"))[0]?.host).toEqualTypeOf<string | undefined>();
void gateway.keys.getPubkey((await gateway.keys.select("id")) ?? never());
void gateway.ratelimiting_metrics.increment({ identifier: "a", period: "minute", period_date: 0 }, "value", 1, { ttl: 60 });

// Where entities are known at run time only, every name goes.
void anyStore.whatever?.selectBy("anything", 5);
void anyStore.whatever?.pageFor("anything", "id");
