import { counterFields, counterKey } from "../../schema/counter-fields.js";
import { defineEntity, type Infer, type InferInput } from "../../schema/entity.js";

/** Counters of requests, where they are kept in the store. */
export const ratelimitingMetrics = defineEntity({
  name: "ratelimiting_metrics",
  description: "Counters of requests, where they are kept in the store.",
  primaryKey: counterKey,
  workspaceable: false,
  ttl: true,
  dbExport: false,
  cached: false,
  generateAdminApi: false,
  fields: counterFields,
});

/** A counter as stored. */
export type RatelimitingMetric = Infer<typeof ratelimitingMetrics>;

/** A counter as given. */
export type RatelimitingMetricInput = InferInput<typeof ratelimitingMetrics>;
