import { SchemaViolationError } from "../../errors/dao-errors.js";
import type { Dao, Page, PageOptions, ReadOptions, WriteOptions } from "../dao.js";
import { EntityDao, type Verification } from "../entity-dao.js";
import type { Values } from "../entity-reads.js";
import { stillReferenced } from "../integrity.js";
import { foreignId } from "../keys.js";
import type { RowKey } from "../strategy.js";

type Certificate = Record<string, unknown>;

/** What writes go by is what is stored. */
const fresh: ReadOptions = { fresh: true };

/** A certificate has a list of server names, each of which is a record of `snis`. */
export class CertificatesDao extends EntityDao {
  override async select(key: string | Values, options: ReadOptions = {}): Promise<Certificate | undefined> {
    const record = await super.select(key, options);
    return record && this.#withNames(record, options);
  }

  override async page(size?: number, offset?: string, options: PageOptions = {}): Promise<Page<Certificate>> {
    const page = await super.page(size, offset, options);
    return { ...page, data: await Promise.all(page.data.map((record) => this.#withNames(record, options))) };
  }

  override async *each(size?: number, options: PageOptions = {}): AsyncGenerator<Certificate> {
    for await (const record of super.each(size, options)) yield await this.#withNames(record, options);
  }

  override async insert(input: Values, options: WriteOptions = {}): Promise<Certificate> {
    const record = await super.insert(input, options);
    try {
      return await this.#settle(record, namesIn(input) ?? [], options);
    } catch (error) {
      // A name was taken at the same time by somebody else: nothing of this certificate stays.
      await this.delete(String(record.id), options).catch(() => undefined);
      throw error;
    }
  }

  override async update(key: string | Values, input: Values, options: WriteOptions = {}): Promise<Certificate> {
    return this.#settle(await super.update(key, input, options), namesIn(input), options);
  }

  override async upsert(key: string | Values, input: Values, options: WriteOptions = {}): Promise<Certificate> {
    return this.#settle(await super.upsert(key, input, options), namesIn(input), options);
  }

  protected override async verify(record: Values, { input, operation, stored }: Verification): Promise<void> {
    // Without the stored record, nobody knows whose names these are.
    const isKnown = operation !== "update" || stored !== undefined;
    const seen = new Set<string>();
    for (const name of namesIn(input) ?? []) {
      if (seen.has(name)) throw new SchemaViolationError({ snis: `${name} is duplicated` });
      seen.add(name);
      const holder = foreignId((await this.#snis?.selectBy("name", name, fresh))?.certificate);
      if (isKnown && holder !== undefined && holder !== record.id) {
        throw new SchemaViolationError({ snis: `${name} already associated with existing certificate '${holder}'` });
      }
    }
  }

  /** The names go first, unless something else holds the certificate: then nothing goes. */
  protected override async remove(key: RowKey, options: WriteOptions, by?: string): Promise<void> {
    const id = String(key.id);
    if (!this.strategy.readOnly) await this.#assertFree(id);
    for (const name of await this.#names(id, fresh)) await this.#snis?.deleteBy("name", name, options);
    await super.remove(key, options, by);
  }

  get #snis(): Dao | undefined {
    return this.context.dao("snis");
  }

  async #names(id: string, { fresh: isFresh = false }: ReadOptions): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.#snis?.eachFor("certificate", id, undefined, { fresh: isFresh }) ?? [])
      names.push(String(name));
    return names.sort();
  }

  async #withNames(record: Certificate, options: ReadOptions): Promise<Certificate> {
    return { ...record, snis: await this.#names(String(record.id), options) };
  }

  /** Brings the records of names in line with a list; without one they stay. */
  async #settle(record: Certificate, names: readonly string[] | undefined, options: WriteOptions): Promise<Certificate> {
    if (names === undefined) return this.#withNames(record, fresh);
    const before = await this.#names(String(record.id), fresh);
    for (const name of names) {
      if (!before.includes(name)) await this.#snis?.insert({ name, certificate: { id: record.id } }, options);
    }
    for (const name of before) if (!names.includes(name)) await this.#snis?.deleteBy("name", name, options);
    return { ...record, snis: [...names].sort() };
  }

  /** Kong loses the names of a certificate that it then cannot delete. */
  async #assertFree(id: string): Promise<void> {
    const { strategy, definitions } = this.context;
    for (const child of Object.values(definitions)) {
      for (const [field, { kind, reference, attributes }] of Object.entries(child.fields)) {
        const holds =
          kind === "foreign" && reference === this.definition.name && (attributes.onDelete ?? "restrict") === "restrict";
        if (!holds || child.name === "snis") continue;
        const { rows } = await strategy.pageFor(child.name, field, id, { size: 1, fresh: true });
        if (rows.length > 0) throw stillReferenced(this.definition.name, child.name);
      }
    }
  }
}

/** The list of an input: `null` empties it, absent leaves it alone. What is no list is for the validation to refuse. */
function namesIn({ snis }: Values): readonly string[] | undefined {
  if (snis === null) return [];
  return Array.isArray(snis) ? snis.filter((name) => typeof name === "string") : undefined;
}
