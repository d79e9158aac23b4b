import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { arrayOf, bool, type InferFields, str } from "../../schema/field.js";
import { chain } from "../../util/maybe-promise.js";
import { acls } from "./entities.js";
import { type Entities, findGroups, type Groups, type NoGroups } from "./groups.js";

const configFields = {
  allow: arrayOf(str(), { description: "The groups that may pass." }),
  deny: arrayOf(str(), { description: "The groups that may not pass." }),
  hide_groups_header: bool({
    required: true,
    default: false,
    description: "Does not tell the upstream which groups the consumer is in.",
  }),
  always_use_authenticated_groups: bool({
    required: true,
    default: false,
    description: "Prefers groups that an authentication plugin has found over those of the consumer.",
  }),
};

type Config = InferFields<typeof configFields>;

const lists = ["allow", "deny"];

/** What a list means for the groups on it, and for all others. */
const ruleOf = perConfig(({ allow, deny }: Config) => {
  const denies = deny !== null && deny.length > 0;
  return { denies, listed: new Set(denies ? deny : allow) as ReadonlySet<string> };
});

/** Lets those consumers pass that are in one of some groups, or that are in none of them. */
export const acl = definePlugin({
  name: "acl",
  version: "3.10.0",
  priority: 950,
  scopes: ["service", "route"],
  config: configFields,
  checks: [
    { kind: "only_one_of", fields: lists },
    { kind: "at_least_one_of", fields: lists },
  ],
  entities: { acls },

  access(pdk, config) {
    return chain(findGroups(pdk, config.always_use_authenticated_groups), (groups) => decide(pdk, config, groups));
  },
});

function decide(pdk: Pdk<Entities>, config: Config, groups: Groups | NoGroups): void {
  if (groups === "unauthenticated") pdk.response.error(401);
  else if (groups === "unknown") forbid(pdk);
  else if (mayPass(config, groups)) tellUpstream(pdk, config, groups);
  else if (isNobody(pdk, groups)) pdk.response.error(401);
  else forbid(pdk);
}

function mayPass(config: Config, { names }: Groups): boolean {
  const { denies, listed } = ruleOf(config);
  return names.some((name) => listed.has(name)) !== denies;
}

/** A consumer without any group, and without a credential: the client may get further by saying who it is. */
function isNobody(pdk: Pdk<Entities>, { names, header }: Groups): boolean {
  return names.length === 0 && header === "X-Consumer-Groups" && pdk.client.getCredential() === null;
}

function forbid(pdk: Pdk<Entities>): void {
  pdk.response.error(403, "You cannot consume this service");
}

function tellUpstream(pdk: Pdk<Entities>, { hide_groups_header }: Config, { names, header }: Groups): void {
  const { request } = pdk.service;
  // What a client writes there is not for the upstream to believe.
  if (hide_groups_header || header !== "X-Consumer-Groups") request.clearHeader("X-Consumer-Groups");
  if (!hide_groups_header) request.setHeader(header, names.join(", "));
}
