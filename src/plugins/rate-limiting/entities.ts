import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";
import { int, str } from "../../schema/field.js";

/** Counters of requests, where they are kept in the store. */
export const ratelimitingMetrics = defineEntity({
  name: "ratelimiting_metrics",
  description: "Counters of requests, where they are kept in the store.",
  primaryKey: ["identifier", "period", "period_date", "service_id", "route_id"],
  workspaceable: false,
  ttl: true,
  dbExport: false,
  generateAdminApi: false,
  fields: {
    identifier: str({ required: true, lenMin: 0, description: "Whose requests are counted." }),
    period: str({ required: true, description: "Length of the window: `second`, `minute` and so on." }),
    period_date: int({ required: true, timestamp: true, description: "Start of the window, in seconds since the epoch." }),
    service_id: str({ required: true, uuid: true, description: "Id of the service; all zeros for none." }),
    route_id: str({ required: true, uuid: true, description: "Id of the route; all zeros for none." }),
    value: int({ required: true, description: "The count." }),
  },
});

/** A counter as stored. */
export type RatelimitingMetric = Infer<typeof ratelimitingMetrics>;

/** A counter as given. */
export type RatelimitingMetricInput = InferInput<typeof ratelimitingMetrics>;
