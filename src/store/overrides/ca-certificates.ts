import { ReferencedByOthersError } from "../../errors/dao-errors.js";
import { isObject } from "../../schema/values.js";
import type { WriteOptions } from "../dao.js";
import { EntityDao } from "../entity-dao.js";
import type { RowKey } from "../strategy.js";

/** Services and plugins name CA certificates in lists, which no foreign key guards. */
export class CaCertificatesDao extends EntityDao {
  protected override async remove(key: RowKey, options: WriteOptions, by?: string): Promise<void> {
    if (!this.strategy.readOnly) await this.#assertUnlisted(String(key.id));
    await super.remove(key, options, by);
  }

  async #assertUnlisted(id: string): Promise<void> {
    for (const entity of ["services", "plugins"]) {
      for await (const record of this.context.dao(entity)?.each(undefined, { fresh: true }) ?? []) {
        const { ca_certificates: listed } = entity === "plugins" && isObject(record.config) ? record.config : record;
        if (!Array.isArray(listed) || !listed.includes(id)) continue;
        throw new ReferencedByOthersError(`ca certificate ${id} is still referenced by ${entity} (id = ${String(record.id)})`);
      }
    }
  }
}
