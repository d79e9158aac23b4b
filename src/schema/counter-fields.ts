import { int, str } from "./field.js";

/** What identifies a counter that is kept in the store. */
export const counterKey = ["identifier", "period", "period_date", "service_id", "route_id"] as const;

/** The fields of a counter that is kept in the store. */
export const counterFields = {
  identifier: str({ required: true, lenMin: 0, description: "Whose requests are counted." }),
  period: str({ required: true, description: "Length of the window: `second`, `minute` and so on." }),
  period_date: int({ required: true, timestamp: true, description: "Start of the window, in seconds since the epoch." }),
  service_id: str({ required: true, uuid: true, description: "Id of the service; all zeros for none." }),
  route_id: str({ required: true, uuid: true, description: "Id of the route; all zeros for none." }),
  value: int({ required: true, description: "The count." }),
};
