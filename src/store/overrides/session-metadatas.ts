import { EntityDao } from "../entity-dao.js";
import { listing } from "./listing.js";

/** Whom sessions belong to can be asked the other way round. */
export class SessionMetadatasDao extends EntityDao {
  /** @see SessionMetadataMethods.selectByAudienceAndSubject */
  selectByAudienceAndSubject(audience: string, subject: string): Promise<Record<string, unknown>[]> {
    return listing(this, undefined, (record) => record.audience === audience && record.subject === subject);
  }
}
