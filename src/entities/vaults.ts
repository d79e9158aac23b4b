import { defineEntity, type EntityDefinition, type Infer, type InferInput, type Subschema } from "../schema/entity.js";
import { abstractRecord, str } from "../schema/field.js";
import { createdAt, id, tags, updatedAt } from "../schema/typedefs.js";
import { envConfig } from "../vaults/env.js";
import { vaultSubschema } from "../vaults/vault.js";

const fieldsFor = (kinds: readonly string[]) => ({
  id: id("Identifies the vault."),
  prefix: str({
    required: true,
    unique: true,
    notOneOf: kinds,
    match: /^[a-z][a-z\d-]*[a-z\d]$/,
    description: "Stands for the vault in references, `{vault://<prefix>/…}`; unique.",
    example: "my-env",
  }),
  name: str({ required: true, description: "The kind of vault: `env`, or one that the host application brings." }),
  description: str({ description: "A note." }),
  config: abstractRecord({ description: "Settings of this kind of vault." }),
  created_at: createdAt,
  updated_at: updatedAt,
  tags: tags(),
});

type VaultFields = ReturnType<typeof fieldsFor>;

/**
 * The vaults entity for a set of known kinds of vaults.
 *
 * @param subschemas - by kind; each supplies `config`
 */
export function vaultsWith(subschemas: Readonly<Record<string, Subschema>>): EntityDefinition<"vaults", VaultFields> {
  return defineEntity({
    name: "vaults",
    description: "Where secrets are, under a name that references use: `{vault://<prefix>/…}`.",
    endpointKey: "prefix",
    cacheKey: ["prefix"],
    fields: fieldsFor(Object.keys(subschemas)),
    subschemaKey: "name",
    subschemaError: "vault '%s' is not installed",
    subschemas,
  });
}

/** The vaults entity with the one kind that is always there. */
export const vaults: EntityDefinition<"vaults", VaultFields> = vaultsWith({ env: vaultSubschema({ config: envConfig }) });

/** A vault as stored: its `config` complete, unset fields `null`. */
export type Vault = Infer<typeof vaults>;

/** A vault as given. */
export type VaultInput = InferInput<typeof vaults>;
