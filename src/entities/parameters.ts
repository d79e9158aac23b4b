import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { str } from "../schema/field.js";
import { createdAt } from "../schema/typedefs.js";

/** Values that all gateways on one database share. */
export const parameters = defineEntity({
  name: "parameters",
  description: "Values that all gateways on one database share.",
  primaryKey: ["key"],
  cacheKey: ["key"],
  workspaceable: false,
  generateAdminApi: false,
  fields: {
    created_at: createdAt,
    key: str({ required: true, unique: true, description: "Name of the value." }),
    value: str({ required: true, description: "The value." }),
  },
});

/** A parameter as stored. */
export type Parameter = Infer<typeof parameters>;

/** A parameter as given. */
export type ParameterInput = InferInput<typeof parameters>;
