import type { EntityDefinition } from "../../schema/entity.js";
import type { Dao } from "../dao.js";
import type { DaoContext } from "../entity-reads.js";
import { CaCertificatesDao } from "./ca-certificates.js";
import { CertificatesDao } from "./certificates.js";
import { PluginsDao } from "./plugins.js";
import { TagsDao } from "./tags.js";
import { TargetsDao } from "./targets.js";
import { WorkspacesDao } from "./workspaces.js";

/** The entities whose access has rules of its own. */
export const daoOverrides: Readonly<Record<string, new (definition: EntityDefinition, context: DaoContext) => Dao>> = {
  ca_certificates: CaCertificatesDao,
  certificates: CertificatesDao,
  plugins: PluginsDao,
  tags: TagsDao,
  targets: TargetsDao,
  workspaces: WorkspacesDao,
};
