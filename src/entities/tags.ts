import { defineEntity, type Infer } from "../schema/entity.js";
import { type EntityCheck, str } from "../schema/field.js";
import { tag } from "../schema/typedefs.js";

const readOnly: EntityCheck = {
  kind: "custom",
  fieldSources: ["tag"],
  description: "Every write is refused.",
  runWithMissingFields: true,
  runWithInvalidFields: true,
  check: () => ({ tags: "does not support insert/upsert/update/delete operations" }),
};

/** Which records have which tags: one row for each tag of each record. A view, so every write is refused. */
export const tags = defineEntity({
  name: "tags",
  description: "Which records have which tags: one row for each tag of each record. A view, so every write is refused.",
  primaryKey: ["tag"],
  endpointKey: "tag",
  workspaceable: false,
  dbExport: false,
  generateAdminApi: false,
  view: true,
  fields: {
    tag: tag({ description: "The tag." }),
    entity_name: str({ required: true, description: "The entity of the record that has it." }),
    entity_id: str({ required: true, uuid: true, auto: true, description: "Id of the record that has it." }),
  },
  checks: [readOnly],
});

/** A tag of a record. */
export type TaggedEntity = Infer<typeof tags>;
