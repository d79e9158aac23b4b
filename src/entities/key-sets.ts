import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { str } from "../schema/field.js";
import { createdAt, id, tags, updatedAt } from "../schema/typedefs.js";

/** A named group of keys. Deleting it deletes its keys. */
export const keySets = defineEntity({
  name: "key_sets",
  description: "A named group of keys. Deleting it deletes its keys.",
  endpointKey: "name",
  adminApiName: "key-sets",
  fields: {
    id: id("Identifies the key set."),
    name: str({ unique: true, description: "Name of the key set, unique.", example: "partners" }),
    tags: tags(),
    created_at: createdAt,
    updated_at: updatedAt,
  },
});

/** A key set as stored: unset fields `null`. */
export type KeySet = Infer<typeof keySets>;

/** A key set as given. */
export type KeySetInput = InferInput<typeof keySets>;
