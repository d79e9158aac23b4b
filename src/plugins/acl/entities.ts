import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { foreign, str } from "../../schema/field.js";
import { createdAt, id, tags } from "../../schema/typedefs.js";

/** The groups of consumers. */
export const acls = defineEntity({
  name: "acls",
  description: "The groups of consumers.",
  cacheKey: ["consumer", "group"],
  fields: {
    id: id("Identifies the membership."),
    created_at: createdAt,
    consumer: foreign("consumers", { required: true, onDelete: "cascade", description: "The consumer who is in the group." }),
    group: str({ required: true, description: "Name of the group. A consumer can be in a group only once." }),
    tags: tags(),
  },
});

/** A membership as stored. */
export type Acl = Infer<typeof acls>;

/** A membership as given. */
export type AclInput = InferInput<typeof acls>;
