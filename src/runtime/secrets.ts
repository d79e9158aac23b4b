import type { Certificate } from "../entities/certificates.js";
import { certificates } from "../entities/certificates.js";
import type { NodeContext } from "../pdk/node-context.js";
import type { AnyPlugin } from "../plugin-runner/define-plugin.js";
import type { PluginEntity } from "../plugin-runner/plugin-index.js";
import { pluginSubschema } from "../plugin-runner/registry.js";
import type { Fields } from "../schema/field.js";
import { thrownText } from "../util/thrown.js";
import { type Resolve, resolveRecord } from "../vaults/resolve.js";
import type { VaultRecord } from "../vaults/vault-set.js";

/** A stored vault entity. */
export interface StoredVault extends VaultRecord {
  readonly prefix: string;
}

/**
 * What puts secrets in the place of references while a snapshot is built. A reference that can not be resolved becomes the empty text,
 * with a warning.
 *
 * @param records - the vault entities of the configuration
 */
export function secretResolver(
  { vaults, logger }: Pick<NodeContext, "vaults" | "logger">,
  records: Iterable<StoredVault>,
): Resolve {
  const byPrefix = new Map<string, StoredVault>();
  for (const record of records) byPrefix.set(record.prefix, record);
  return (reference) => {
    try {
      return vaults.get(reference, (prefix) => byPrefix.get(prefix));
    } catch (error) {
      logger.warn(`unable to resolve reference ${reference} (${thrownText(error)})`);
      return "";
    }
  };
}

/** Plugin entities as their phases see them. The stored ones keep their references. */
export function* pluginsWithSecrets(
  entities: Iterable<PluginEntity>,
  plugins: ReadonlyMap<string, AnyPlugin>,
  resolve: Resolve,
): Iterable<PluginEntity> {
  for (const entity of entities) {
    const plugin = plugins.get(entity.name);
    const fields = plugin && (pluginSubschema(plugin).fields.config?.fields as Fields | undefined);
    const config = fields ? resolveRecord(fields, entity.config, resolve) : entity.config;
    yield config === entity.config ? entity : { ...entity, config };
  }
}

/** Certificates as handshakes see them. */
export function* certificatesWithSecrets(entities: Iterable<Certificate>, resolve: Resolve): Iterable<Certificate> {
  for (const entity of entities) {
    const resolved = resolveRecord(certificates.fields, entity, resolve);
    // Half a second pair would break the handshakes that the first one is good for.
    const isHalf = resolved.cert_alt === "" || resolved.key_alt === "";
    yield isHalf ? { ...resolved, cert_alt: null, key_alt: null } : resolved;
  }
}
