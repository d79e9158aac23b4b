import { str } from "../schema/field.js";
import { defineVault, type Vault } from "./vault.js";

/** The settings of the `env` vault. */
export const envConfig = {
  prefix: str({ match: /^[A-Za-z_-][A-Za-z0-9_-]*$/, description: "Put in front of the names of variables." }),
};

/** The variable that holds a secret: `app-` and `db-pass` make `APP_DB_PASS`. Version 2 is the value before. */
function variableName(prefix: string | null, resource: string, version: number | undefined): string {
  const name = `${prefix ?? ""}${resource}`.replaceAll("-", "_").toUpperCase();
  return version === 2 ? `${name}_PREVIOUS` : name;
}

/**
 * Secrets in environment variables. The environment is copied here and now, so that later changes are not seen.
 *
 * @param environment - default `process.env`
 */
export function envVault(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Vault<"env", typeof envConfig> {
  const variables = new Map(Object.entries(environment));
  return defineVault({
    name: "env",
    config: envConfig,
    get: ({ prefix }, resource, version) => variables.get(variableName(prefix, resource, version)),
  });
}
