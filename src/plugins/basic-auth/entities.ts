import { createHash } from "node:crypto";
import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { foreign, str } from "../../schema/field.js";
import { createdAt, id, tags } from "../../schema/typedefs.js";

/**
 * The form in which a password is stored: the SHA-1 of the password and the consumer's id, in hex. It is Kong's, so that credentials
 * move between the two; it is not a good way to keep passwords.
 */
export function hashPassword(password: string, consumerId: string): string {
  return createHash("sha1").update(password).update(consumerId).digest("hex");
}

/** The user names and passwords of consumers. */
export const basicauthCredentials = defineEntity({
  name: "basicauth_credentials",
  description: "The user names and passwords of consumers.",
  endpointKey: "username",
  cacheKey: ["username"],
  adminApiName: "basic-auths",
  adminApiNestedName: "basic-auth",
  fields: {
    id: id("Identifies the credential."),
    created_at: createdAt,
    consumer: foreign("consumers", { required: true, onDelete: "cascade", description: "The consumer who has the password." }),
    username: str({ required: true, unique: true, description: "The user name, unique." }),
    password: str({ required: true, encrypted: true, description: "The password. It is stored, and returned, hashed." }),
    tags: tags(),
  },
  transformations: [
    {
      input: ["password"],
      needs: ["consumer.id"],
      onWrite: ({ password, consumer }) => ({
        password: hashPassword(password as string, (consumer as { readonly id: string }).id),
      }),
    },
  ],
});

/** A user name and password as stored. */
export type BasicauthCredential = Infer<typeof basicauthCredentials>;

/** A user name and password as given. */
export type BasicauthCredentialInput = InferInput<typeof basicauthCredentials>;
