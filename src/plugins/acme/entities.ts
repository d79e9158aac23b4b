import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { str } from "../../schema/field.js";
import { createdAt, id } from "../../schema/typedefs.js";

/** Accounts, challenges and locks of certificate orders, where they are kept in the store. */
export const acmeStorage = defineEntity({
  name: "acme_storage",
  description: "Accounts, challenges and locks of certificate orders, where they are kept in the store.",
  cacheKey: ["key"],
  workspaceable: false,
  ttl: true,
  cached: false,
  fields: {
    id: id("Identifies the entry."),
    key: str({ required: true, unique: true, auto: true, description: "Name of the entry, unique." }),
    value: str({ required: true, auto: true, description: "What is kept." }),
    created_at: createdAt,
  },
});

/** An entry as stored. */
export type AcmeStorageEntry = Infer<typeof acmeStorage>;

/** An entry as given. */
export type AcmeStorageEntryInput = InferInput<typeof acmeStorage>;
