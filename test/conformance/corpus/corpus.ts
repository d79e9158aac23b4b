import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DeclarativeDocument } from "postern";
import { parse } from "yaml";

/** A header value; a header sent more than once is a list. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** What the upstream is expected to have seen. */
export interface ExpectedUpstream {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderValues;
  readonly body?: string;
  /** There where more than one request arrived. */
  readonly attempts?: number;
}

/** One request and what the reference gateway made of it. */
export interface CorpusRecord {
  readonly request: {
    /** Why the request was made. */
    readonly what: string;
    readonly method: string;
    readonly path: string;
    readonly headers: HeaderValues;
    readonly body?: string;
  };
  readonly response: { readonly status: number; readonly headers: HeaderValues; readonly body: unknown };
  readonly upstream: ExpectedUpstream | null;
  /** The answer varied: send the request, compare nothing. */
  readonly unstable?: boolean;
}

/** A document that loads. */
export interface CorpusDocument {
  readonly name: string;
  /** The YAML text. */
  readonly text: string;
  /** Names of the plugins that it needs. */
  readonly plugins: ReadonlySet<string>;
  readonly records: readonly CorpusRecord[];
}

/** A document that is refused. */
export interface RefusedDocument {
  readonly name: string;
  readonly document: DeclarativeDocument;
  readonly plugins: ReadonlySet<string>;
  /** Names that the reference gateway does not know either. */
  readonly foreignPlugins: ReadonlySet<string>;
  readonly status: number;
  readonly error: { readonly message: string; readonly fields?: unknown };
}

/** The documents of `folder` that load, by name. */
export function readDocuments(folder: string): CorpusDocument[] {
  return namesIn(folder, ".expect.json").map((name) => {
    const text = readFileSync(join(folder, `${name}.yml`), "utf8");
    const records = JSON.parse(readFileSync(join(folder, `${name}.expect.json`), "utf8")) as CorpusRecord[];
    return { name, text, plugins: pluginsOf(parse(text)), records };
  });
}

/** The documents of `folder` that are refused, by name. */
export function readRefused(folder: string): RefusedDocument[] {
  return namesIn(folder, ".refused.json").map((name) => {
    const { document, status, error } = JSON.parse(readFileSync(join(folder, `${name}.refused.json`), "utf8")) as RefusedDocument;
    const foreign = JSON.stringify(error).matchAll(/plugin '([^']+)' not enabled/g);
    return {
      name,
      document,
      status,
      error,
      plugins: pluginsOf(document),
      foreignPlugins: new Set([...foreign].map(([, plugin = ""]) => plugin)),
    };
  });
}

function namesIn(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

/** A document may have the entities of a plugin without the plugin. */
const pluginOfEntity = new Map([
  ["acls", "acl"],
  ["basicauth_credentials", "basic-auth"],
  ["hmacauth_credentials", "hmac-auth"],
  ["jwt_secrets", "jwt"],
  ["keyauth_credentials", "key-auth"],
  ["oauth2_credentials", "oauth2"],
]);

function pluginsOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, child] of Object.entries(value)) {
    const owner = pluginOfEntity.get(key);
    if (owner !== undefined) found.add(owner);
    if (key === "plugins" && Array.isArray(child)) {
      for (const plugin of child) if (typeof plugin?.name === "string") found.add(plugin.name);
    }
    pluginsOf(child, found);
  }
  return found;
}
