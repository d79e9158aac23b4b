import { counterFields, counterKey } from "../../schema/counter-fields.js";
import { defineEntity } from "../../schema/entity.js";
import { str } from "../../schema/field.js";

/** Counters of what upstreams say that requests used, where they are kept in the store. */
export const responseRatelimitingMetrics = defineEntity({
  name: "response_ratelimiting_metrics",
  description: "Counters of what upstreams say that requests used, where they are kept in the store.",
  primaryKey: counterKey,
  workspaceable: false,
  ttl: true,
  dbExport: false,
  cached: false,
  generateAdminApi: false,
  fields: {
    ...counterFields,
    period: str({ required: true, description: "Name of the limit and length of the window: `video_minute`." }),
  },
});
