import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { foreign, str } from "../../schema/field.js";
import { createdAt, id, tags } from "../../schema/typedefs.js";

/** The API keys of consumers. */
export const keyauthCredentials = defineEntity({
  name: "keyauth_credentials",
  description: "The API keys of consumers.",
  endpointKey: "key",
  cacheKey: ["key"],
  ttl: true,
  adminApiName: "key-auths",
  adminApiNestedName: "key-auth",
  fields: {
    id: id("Identifies the credential."),
    created_at: createdAt,
    consumer: foreign("consumers", { required: true, onDelete: "cascade", description: "The consumer who has the key." }),
    key: str({ unique: true, auto: true, description: "The key, unique. A random one is made when none is given." }),
    tags: tags(),
  },
});

/** An API key as stored. */
export type KeyauthCredential = Infer<typeof keyauthCredentials>;

/** An API key as given: only `consumer` is needed. */
export type KeyauthCredentialInput = InferInput<typeof keyauthCredentials>;
