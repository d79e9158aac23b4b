import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { foreign, int, str } from "../../schema/field.js";
import { createdAt, id } from "../../schema/typedefs.js";

/** Sessions, where they are kept in the store. */
export const sessions = defineEntity({
  name: "sessions",
  description: "Sessions, where they are kept in the store.",
  endpointKey: "session_id",
  cacheKey: ["session_id"],
  workspaceable: false,
  ttl: true,
  dbExport: false,
  cached: false,
  fields: {
    id: id("Identifies the record."),
    session_id: str({ required: true, unique: true, description: "Id of the session, unique." }),
    expires: int({ description: "When the session ends, in seconds since the epoch." }),
    data: str({ description: "The session itself, encrypted." }),
    created_at: createdAt,
  },
});

/** A session as stored. */
export type Session = Infer<typeof sessions>;

/** A session as given. */
export type SessionInput = InferInput<typeof sessions>;

/** Whom sessions belong to. */
export const sessionMetadatas = defineEntity({
  name: "session_metadatas",
  description: "Whom sessions belong to.",
  workspaceable: false,
  dbExport: false,
  cached: false,
  generateAdminApi: false,
  fields: {
    id: id("Identifies the record."),
    session: foreign("sessions", { required: true, onDelete: "cascade", description: "The session." }),
    sid: str({ description: "Id of the session, as its cookie has it." }),
    audience: str({ description: "The audience of the session." }),
    subject: str({ description: "The subject of the session, or its hash." }),
    created_at: createdAt,
  },
});

/** A session's metadata as stored. */
export type SessionMetadata = Infer<typeof sessionMetadatas>;

/** A session's metadata as given. */
export type SessionMetadataInput = InferInput<typeof sessionMetadatas>;
