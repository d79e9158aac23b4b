import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { str } from "../schema/field.js";
import { createdAt, id, tags, updatedAt } from "../schema/typedefs.js";

/** Who uses the APIs: a user, or an application. */
export const consumers = defineEntity({
  name: "consumers",
  description: "Who uses the APIs: a user, or an application.",
  endpointKey: "username",
  fields: {
    id: id("Identifies the consumer."),
    created_at: createdAt,
    updated_at: updatedAt,
    username: str({ unique: true, description: "Name of the consumer, unique.", example: "alice" }),
    custom_id: str({ unique: true, description: "The id that the consumer has elsewhere, unique." }),
    tags: tags(),
  },
  checks: [{ kind: "at_least_one_of", fields: ["custom_id", "username"] }],
});

/** A consumer as stored: unset fields are `null`. */
export type Consumer = Infer<typeof consumers>;

/** A consumer as given. `username` or `custom_id` is needed. */
export type ConsumerInput = InferInput<typeof consumers>;
