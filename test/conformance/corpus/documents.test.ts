import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadDeclarative } from "../../../src/declarative/load.js";
import { parseDocument } from "../../../src/declarative/parse.js";
import { DeclarativeConfigError } from "../../../src/errors/dao-errors.js";
import { bundledPlugins } from "../../../src/plugins/index.js";
import { bundledEntities } from "../../declarative/bundled.js";
import { shown } from "../../declarative/support.js";

interface Refused {
  readonly tags: readonly string[];
  readonly document: Record<string, unknown>;
  readonly status: number;
  readonly error: { readonly fields?: unknown; readonly code?: number };
}

const folder = process.env.POSTERN_CORPUS;
if (!folder) console.warn("POSTERN_CORPUS is not set: the recorded documents are left out of this run");
const files = folder ? readdirSync(folder).sort() : [];

const entityNames = new Set(bundledEntities.map(({ name }) => name));
const pluginNames = new Set<string>(bundledPlugins.map(({ name }) => name));

/** Whether this build knows everything that a document mentions, so that its verdict can be compared with Kong's. */
function isKnown(value: unknown, tags: readonly string[] = [], list = ""): boolean {
  if (Array.isArray(value)) return value.every((item) => isKnown(item, tags, list));
  if (typeof value !== "object" || value === null) return true;
  const name = list === "plugins" ? (value as { name?: unknown }).name : undefined;
  if (typeof name === "string" && !pluginNames.has(name) && !tags.includes(`other-plugin:${name}`)) return false;
  return Object.entries(value).every(([key, member]) => {
    const isList = Array.isArray(member) && member.length > 0 && typeof member[0] === "object";
    if (isList && list !== "plugins" && !entityNames.has(key) && notYet.has(key)) return false;
    return key === "config" || isKnown(member, tags, isList ? key : "");
  });
}

const notYet = new Set(
  "acls certificates ca_certificates snis vaults keys key_sets jwt_secrets basicauth_credentials hmacauth_credentials oauth2_credentials".split(
    " ",
  ),
);

const texts = files
  .filter((file) => file.endsWith(".yml"))
  .map((file): [string, string] => [file, readFileSync(join(folder as string, file), "utf8")]);
const loadable = texts.filter(([, text]) => isKnown(parseDocument(text).document));
if (folder)
  console.warn(
    `${texts.length - loadable.length} of ${texts.length} recorded documents use plugins that this build does not have`,
  );

describe.runIf(folder)("recorded documents", () => {
  it.each(loadable)("%s loads", (_file, text) => {
    const loaded = loadDeclarative(text, { entities: bundledEntities });
    expect(loaded.hash).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(files.filter((file) => file.endsWith(".refused.json")))("%s is refused as Kong refuses it", (file) => {
    const { document, error, tags } = JSON.parse(readFileSync(join(folder as string, file), "utf8")) as Refused;
    let refusal: unknown;
    try {
      loadDeclarative(document, { entities: bundledEntities });
    } catch (caught) {
      refusal = caught;
    }
    expect(refusal).toBeInstanceOf(DeclarativeConfigError);
    if (error.fields && isKnown(document, tags)) expect(shown((refusal as DeclarativeConfigError).fields)).toEqual(error.fields);
  });
});
