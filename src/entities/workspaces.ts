import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { record, str } from "../schema/field.js";
import { createdAt, id, updatedAt, utf8Name } from "../schema/typedefs.js";

/** A workspace can not have the name of a core entity; Kong's list, with those that are not ours. */
const reserved = [
  "workspaces",
  "consumers",
  "certificates",
  "services",
  "routes",
  "snis",
  "upstreams",
  "targets",
  "plugins",
  "tags",
  "ca_certificates",
  "clustering_data_planes",
  "parameters",
  "vaults",
  "key_sets",
  "keys",
  "filter_chains",
] as const;

/** What records belong to. There is one workspace, `default`, made by the gateway. */
export const workspaces = defineEntity({
  name: "workspaces",
  description: "What records belong to. There is one workspace, `default`, made by the gateway.",
  endpointKey: "name",
  cacheKey: ["name"],
  workspaceable: false,
  generateAdminApi: false,
  fields: {
    id: id("Identifies the workspace."),
    name: utf8Name({ required: true, notOneOf: reserved, description: "Name of the workspace, unique." }),
    comment: str({ description: "A note." }),
    created_at: createdAt,
    updated_at: updatedAt,
    meta: record({}, { description: "Nothing yet; always an empty object." }),
    config: record({}, { description: "Nothing yet; always an empty object." }),
  },
});

/** A workspace as stored. */
export type Workspace = Infer<typeof workspaces>;

/** A workspace as given: only `name` is needed. */
export type WorkspaceInput = InferInput<typeof workspaces>;
