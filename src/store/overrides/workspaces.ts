import { OperationUnsupportedError } from "../../errors/dao-errors.js";
import type { WriteOptions } from "../dao.js";
import { EntityDao } from "../entity-dao.js";
import { defaultWorkspaceId } from "../keys.js";
import type { RowKey } from "../strategy.js";

/** The workspace `default` is always there. */
export class WorkspacesDao extends EntityDao {
  override async truncate(): Promise<void> {
    await super.truncate();
    if (!this.strategy.readOnly) await this.insert({ id: defaultWorkspaceId, name: "default" });
  }

  protected override async remove(key: RowKey, options: WriteOptions, by?: string): Promise<void> {
    if (key.id === defaultWorkspaceId && !this.strategy.readOnly) {
      throw new OperationUnsupportedError("cannot remove the workspace 'default'");
    }
    await super.remove(key, options, by);
  }
}
