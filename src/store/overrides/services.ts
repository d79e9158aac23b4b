import { EntityDao } from "../entity-dao.js";
import { listing } from "./listing.js";

/** Services may trust authorities of their own. */
export class ServicesDao extends EntityDao {
  /** @see ServiceMethods.selectByCaCertificate */
  selectByCaCertificate(id: string, limit?: number): Promise<Record<string, unknown>[]> {
    return listing(this, limit, ({ ca_certificates: listed }) => Array.isArray(listed) && listed.includes(id));
  }
}
