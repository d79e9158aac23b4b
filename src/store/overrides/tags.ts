import { InvalidOffsetError, SchemaViolationError } from "../../errors/dao-errors.js";
import type { EntityDefinition } from "../../schema/entity.js";
import type { Page, PageOptions, ReadOptions } from "../dao.js";
import { EntityDao } from "../entity-dao.js";
import { checkUnique } from "../key-checks.js";
import { checkOptions } from "../options.js";
import { checkSize, defaultPageSize } from "../paging.js";
import type { EntityRow } from "../strategy.js";

type Tagging = Record<string, unknown>;

/** Where a listing goes on: in this entity, on the page with this token, at the record with this id and its tag of this number. */
type Place = readonly [entity: number, offset: string, id: string, tag: number];

/** A view of the tags of all entities: one row for each tag of each record, entity by entity. */
export class TagsDao extends EntityDao {
  override async page(size?: number, offset?: string, options: PageOptions = {}): Promise<Page<Tagging>> {
    checkOptions(this.definition, options);
    return this.#page(undefined, size, offset, options);
  }

  /** @see TagMethods.pageByTag */
  async pageByTag(tag: string, size?: number, offset?: string, options: PageOptions = {}): Promise<Page<Tagging>> {
    checkUnique(this.schema, "tag", tag);
    checkOptions(this.definition, options);
    return this.#page(tag, size, offset, options);
  }

  override async *each(size?: number, options: PageOptions = {}): AsyncGenerator<Tagging> {
    let offset: string | undefined;
    do {
      const page = await this.page(size, offset, options);
      yield* page.data;
      offset = page.offset;
    } while (offset !== undefined);
  }

  override async select(key: string | Tagging, options: ReadOptions = {}): Promise<Tagging | undefined> {
    checkOptions(this.definition, options);
    const { data } = await this.pageByTag(String(this.keyOf(key).tag), 1, undefined, options);
    return data[0];
  }

  override async delete(): Promise<never> {
    throw readOnly();
  }

  override async deleteBy(): Promise<never> {
    throw readOnly();
  }

  override async truncate(): Promise<never> {
    throw readOnly();
  }

  override async update(): Promise<never> {
    throw readOnly();
  }

  override async updateBy(): Promise<never> {
    throw readOnly();
  }

  protected override async findBy(field: string, value: unknown): Promise<EntityRow | undefined> {
    checkUnique(this.schema, field, value);
    return this.select(String(value));
  }

  async #page(
    tag: string | undefined,
    wanted: number | undefined,
    offset: string | undefined,
    { fresh = false, pagination = {} }: PageOptions,
  ): Promise<Page<Tagging>> {
    const max = Math.min(pagination.max_page_size ?? this.strategy.maxPageSize, this.strategy.maxPageSize);
    const size = wanted ?? Math.min(pagination.page_size ?? defaultPageSize, max);
    checkSize(size, max);
    const tagged = Object.values(this.context.definitions).filter(isTagged);
    const start = placeOf(offset, tagged.length);
    const data: Tagging[] = [];
    for (let entity = start[0]; entity < tagged.length; entity++) {
      const definition = tagged[entity] as EntityDefinition;
      let [token, firstId, firstTag] = entity === start[0] ? (start.slice(1) as [string, string, number]) : ["", "", 0];
      do {
        const from = token === "" ? {} : { offset: token };
        const page = await this.strategy.page(definition.name, {
          size,
          fresh,
          ...from,
          ...(tag === undefined ? {} : { tags: [tag] }),
        });
        for (const row of page.rows) {
          const id = String(row.id);
          if (id < firstId) continue;
          for (const [index, one] of tagsOf(row, tag).entries()) {
            if (id === firstId && index < firstTag) continue;
            if (data.length === size) return { data, offset: tokenOf([entity, token, id, index]) };
            data.push({ tag: one, entity_name: definition.name, entity_id: id });
          }
        }
        token = page.offset ?? "";
        [firstId, firstTag] = ["", 0];
      } while (token !== "");
    }
    return { data };
  }
}

function readOnly(): SchemaViolationError {
  return new SchemaViolationError({ tags: "does not support insert/upsert/update/delete operations" });
}

function isTagged({ fields, view, primaryKey }: EntityDefinition): boolean {
  return !view && Object.hasOwn(fields, "tags") && primaryKey[0] === "id";
}

function tagsOf({ tags }: EntityRow, wanted: string | undefined): readonly unknown[] {
  if (!Array.isArray(tags)) return [];
  return wanted === undefined ? tags : tags.filter((tag) => tag === wanted);
}

function tokenOf(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function placeOf(token: string | undefined, entities: number): Place {
  if (token === undefined) return [0, "", "", 0];
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    throw new InvalidOffsetError(token, "bad json encoding");
  }
  const [entity, offset, id, tag] = Array.isArray(place) ? place : [];
  const isPlace = Number.isInteger(entity) && entity >= 0 && entity < entities && Number.isInteger(tag);
  if (!isPlace || typeof offset !== "string" || typeof id !== "string") throw new InvalidOffsetError(token, "bad json encoding");
  return [entity, offset, id, tag];
}
