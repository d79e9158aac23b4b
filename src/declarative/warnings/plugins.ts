import { isObject } from "../../schema/values.js";
import type { Finding } from "../finding.js";
import type { DocumentPath } from "../positions.js";
import type { DocumentRecord } from "../records.js";

type Values = Readonly<Record<string, unknown>>;
type ConfigRule = (record: DocumentRecord, config: Values, findings: Finding[]) => void;

function cors(record: DocumentRecord, { credentials, origins }: Values, findings: Finding[]): void {
  const list: readonly unknown[] = Array.isArray(origins) ? origins : [];
  if (credentials === true && (list.length === 0 || list.includes("*"))) {
    const message = "pages of any origin may send requests with credentials: name the origins";
    findings.push({ code: "cors_credentials", record, path: ["config", "credentials"], message });
  }
  for (const [index, origin] of list.entries()) {
    if (typeof origin !== "string" || !/^https?:\/\/\*|^\*\./.test(origin)) continue;
    const message =
      "'*' is no wildcard here, this is a regular expression: write, for instance, '^https://[^./]+\\.example\\.com$'";
    findings.push({ code: "glob", record, path: ["config", "origins", index], message });
  }
}

/** `Name: value`, where the space becomes a part of the value, and `Name :value`, where it becomes one of the name. */
function pairs(record: DocumentRecord, config: Values, findings: Finding[]): void {
  for (const action of ["add", "append", "rename", "replace"]) {
    const lists = config[action];
    if (!isObject(lists)) continue;
    for (const kind of Object.keys(lists)) {
      const list = lists[kind];
      if (!Array.isArray(list)) continue;
      for (const [index, pair] of (list as readonly unknown[]).entries()) {
        if (typeof pair === "string") pairSpace(record, pair, ["config", action, kind, index], findings);
      }
    }
  }
}

function pairSpace(record: DocumentRecord, pair: string, path: DocumentPath, findings: Finding[]): void {
  const colon = pair.indexOf(":");
  if (colon === -1) return;
  const isBefore = pair[colon - 1] === " ";
  if (!isBefore && pair[colon + 1] !== " ") return;
  const message = `the space ${isBefore ? "before" : "after"} the colon becomes part of the ${isBefore ? "name" : "value"}`;
  findings.push({ code: "space_in_pair", record, path, message });
}

const rules: ReadonlyMap<string, ConfigRule> = new Map([
  ["cors", cors],
  ["request-transformer", pairs],
  ["response-transformer", pairs],
]);

/** What is odd about the configuration of a plugin. */
export function pluginConfig(record: DocumentRecord, findings: Finding[]): void {
  const { name, config } = record.completed;
  const rule = rules.get(name as string);
  if (rule && isObject(config)) rule(record, config, findings);
}

/** The entity that holds the credentials of a plugin. */
const credentials: ReadonlyMap<string, string> = new Map([
  ["basic-auth", "basicauth_credentials"],
  ["hmac-auth", "hmacauth_credentials"],
  ["jwt", "jwt_secrets"],
  ["key-auth", "keyauth_credentials"],
]);

/** Plugins that ask for credentials in a document that has none of their kind. */
export class CredentialNeeds {
  readonly #asking: { readonly plugin: DocumentRecord; readonly entity: string }[] = [];

  add(plugin: DocumentRecord): void {
    const { name, enabled, config } = plugin.completed;
    const entity = credentials.get(name as string);
    if (entity === undefined || enabled === false) return;
    // Without credentials everybody is the anonymous consumer: odd, and a way to prepare what is to come.
    const anonymous = isObject(config) ? config.anonymous : undefined;
    if (anonymous === null || anonymous === undefined) this.#asking.push({ plugin, entity });
  }

  /** @param found - the entities that have records in the document */
  report(found: ReadonlySet<string>, findings: Finding[]): void {
    for (const { plugin, entity } of this.#asking) {
      if (found.has(entity)) continue;
      const message = `the document has no '${entity}', so that nobody can pass`;
      findings.push({ code: "no_credentials", record: plugin, path: ["name"], message });
    }
  }
}
