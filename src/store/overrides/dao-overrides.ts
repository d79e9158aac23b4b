import type { EntityDefinition } from "../../schema/entity.js";
import type { Dao } from "../dao.js";
import type { DaoContext } from "../entity-reads.js";
import { CaCertificatesDao } from "./ca-certificates.js";
import { Oauth2TokensDao, VaultsDao } from "./cache-keys.js";
import { CertificatesDao } from "./certificates.js";
import { KeysDao } from "./keys.js";
import { PluginsDao } from "./plugins.js";
import { ServicesDao } from "./services.js";
import { SessionMetadatasDao } from "./session-metadatas.js";
import { TagsDao } from "./tags.js";
import { TargetsDao } from "./targets.js";
import { WorkspacesDao } from "./workspaces.js";

/** The entities whose access has rules of its own. */
export const daoOverrides: Readonly<Record<string, new (definition: EntityDefinition, context: DaoContext) => Dao>> = {
  ca_certificates: CaCertificatesDao,
  certificates: CertificatesDao,
  keys: KeysDao,
  oauth2_tokens: Oauth2TokensDao,
  plugins: PluginsDao,
  services: ServicesDao,
  session_metadatas: SessionMetadatasDao,
  tags: TagsDao,
  targets: TargetsDao,
  vaults: VaultsDao,
  workspaces: WorkspacesDao,
};
