import { createHash } from "node:crypto";
import { EntityDao } from "../entity-dao.js";
import type { Values } from "../entity-reads.js";
import { cacheKeyText } from "../keys.js";

/** Vaults are the same in all workspaces. */
export class VaultsDao extends EntityDao {
  override cacheKey(record: Values): string {
    return cacheKeyText(this.definition, record, "");
  }
}

/** Access tokens are in no cache key. */
export class Oauth2TokensDao extends EntityDao {
  override cacheKey(record: Values): string {
    return `${this.definition.name}:${createHash("sha1").update(super.cacheKey(record)).digest("hex")}`;
  }
}
