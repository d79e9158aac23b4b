import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { foreign, str } from "../../schema/field.js";
import { createdAt, id, tags } from "../../schema/typedefs.js";

/** The user names and secrets with which consumers sign requests. */
export const hmacauthCredentials = defineEntity({
  name: "hmacauth_credentials",
  description: "The user names and secrets with which consumers sign requests.",
  endpointKey: "username",
  cacheKey: ["username"],
  adminApiName: "hmac-auths",
  adminApiNestedName: "hmac-auth",
  fields: {
    id: id("Identifies the credential."),
    created_at: createdAt,
    consumer: foreign("consumers", { required: true, onDelete: "cascade", description: "The consumer who has the secret." }),
    username: str({ required: true, unique: true, description: "The user name, unique." }),
    secret: str({ auto: true, description: "The secret to sign with. A random one is made when none is given." }),
    tags: tags(),
  },
});

/** A user name and secret as stored. */
export type HmacauthCredential = Infer<typeof hmacauthCredentials>;

/** A user name and secret as given. */
export type HmacauthCredentialInput = InferInput<typeof hmacauthCredentials>;
