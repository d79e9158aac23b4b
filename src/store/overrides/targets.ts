import { SchemaViolationError } from "../../errors/dao-errors.js";
import type { WriteOperation } from "../../schema/compiled.js";
import { formatAddress, isAddressFault, parseAddress } from "../../util/address.js";
import { chain, type MaybePromise } from "../../util/maybe-promise.js";
import type { ReadOptions, WriteOptions } from "../dao.js";
import { EntityDao } from "../entity-dao.js";
import type { Values } from "../entity-reads.js";
import { foreignId } from "../keys.js";
import type { EntityRow } from "../strategy.js";

/** The port of a target that names none. */
const defaultPort = 8000;

type Target = Record<string, unknown>;

/** Targets are stored in a normal form, `host:port`, so that an upstream has each of them once. */
export class TargetsDao extends EntityDao {
  /** Of two records for the same target of an upstream the later one stays: Kong imports documents this way. */
  override async upsert(key: string | Values, input: Values, options: WriteOptions = {}): Promise<Target> {
    const { id } = this.keyOf(key);
    const same = await this.#same(input);
    if (same === undefined || same.id === id) return super.upsert(key, input, options);
    await this.validate({ ...input, id }, "upsert");
    this.refuseReadOnly("create or update");
    const createdAt = typeof input.created_at === "number" ? input.created_at : this.context.now() / 1000;
    if (createdAt <= Number(same.created_at)) return this.shown(same, options);
    await this.delete(String(same.id), options);
    return super.upsert(key, input, options);
  }

  /** Never replaces anything: other upstreams may have the same target. */
  override async upsertBy(field: string, value: unknown, input: Values, options: WriteOptions = {}): Promise<Target> {
    return field === "target" ? this.insert({ ...input, target: value }, options) : super.upsertBy(field, value, input, options);
  }

  protected override findBy(field: string, value: unknown, options?: ReadOptions): MaybePromise<EntityRow | undefined> {
    const normal = field === "target" ? normalForm(value) : undefined;
    if (normal === undefined || normal === value) return super.findBy(field, value, options);
    return chain(super.findBy(field, normal, options), (found) => found ?? super.findBy(field, value, options));
  }

  protected override adapt(input: Values, operation: WriteOperation): Values {
    if (operation === "update" || typeof input?.target !== "string") return input;
    const target = normalForm(input.target);
    if (target === undefined) throw new SchemaViolationError({ target: "Invalid target; not a valid hostname or ip address" });
    return { ...input, target };
  }

  /** Documents without a database keep targets as they were written. */
  protected override shown(row: EntityRow, options?: ReadOptions): Target {
    const record = super.shown(row, options);
    return { ...record, target: normalForm(record.target) ?? record.target };
  }

  /** The record that an upstream has for a target already. */
  async #same({ upstream, target }: Values): Promise<EntityRow | undefined> {
    const id = foreignId(upstream);
    const normal = normalForm(target);
    if (id === undefined || normal === undefined) return undefined;
    const key = this.cacheKey({ upstream: { id: id.toLowerCase() }, target: normal });
    return this.strategy.selectByCacheKey(this.definition.name, key, { fresh: true });
  }
}

function normalForm(target: unknown): string | undefined {
  if (typeof target !== "string") return undefined;
  const address = parseAddress(target);
  return isAddressFault(address) ? undefined : formatAddress(address, defaultPort);
}
