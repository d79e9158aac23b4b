import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { foreign } from "../schema/field.js";
import { createdAt, id, tags, updatedAt } from "../schema/typedefs.js";
import { wildcardHost } from "../schema/typedefs-http.js";

/** A server name, and the certificate that clients get who ask for it. */
export const snis = defineEntity({
  name: "snis",
  description: "A server name, and the certificate that clients get who ask for it.",
  endpointKey: "name",
  fields: {
    id: id("Identifies the server name."),
    name: wildcardHost({ required: true, unique: true, description: "The name; one `*` may stand first or last." }),
    created_at: createdAt,
    updated_at: updatedAt,
    tags: tags(),
    certificate: foreign("certificates", { required: true, description: "The certificate to show." }),
  },
});

/** A server name as stored: unset fields `null`. */
export type Sni = Infer<typeof snis>;

/** A server name as given. */
export type SniInput = InferInput<typeof snis>;
