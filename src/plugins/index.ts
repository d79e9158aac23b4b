import { correlationId } from "./correlation-id/index.js";
import { cors } from "./cors/index.js";
import { keyAuth } from "./key-auth/index.js";
import { rateLimiting } from "./rate-limiting/index.js";
import { requestTermination } from "./request-termination/index.js";

/** Every plugin that comes with the library. Adding one is adding a folder and a line here. */
export const bundledPlugins = [correlationId, cors, keyAuth, rateLimiting, requestTermination] as const;
