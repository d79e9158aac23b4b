import { acl } from "./acl/index.js";
import { basicAuth } from "./basic-auth/index.js";
import { botDetection } from "./bot-detection/index.js";
import { correlationId } from "./correlation-id/index.js";
import { cors } from "./cors/index.js";
import { fileLog } from "./file-log/index.js";
import { hmacAuth } from "./hmac-auth/index.js";
import { httpLog } from "./http-log/index.js";
import { ipRestriction } from "./ip-restriction/index.js";
import { jwt } from "./jwt/index.js";
import { keyAuth } from "./key-auth/index.js";
import { prometheus } from "./prometheus/index.js";
import { proxyCache } from "./proxy-cache/index.js";
import { rateLimiting } from "./rate-limiting/index.js";
import { redirect } from "./redirect/index.js";
import { requestSizeLimiting } from "./request-size-limiting/index.js";
import { requestTermination } from "./request-termination/index.js";
import { requestTransformer } from "./request-transformer/index.js";
import { responseRatelimiting } from "./response-ratelimiting/index.js";
import { responseTransformer } from "./response-transformer/index.js";
import { session } from "./session/index.js";

/** Every plugin that comes with the library. Adding one is adding a folder and a line here. */
export const bundledPlugins = [
  acl,
  basicAuth,
  botDetection,
  correlationId,
  cors,
  fileLog,
  hmacAuth,
  httpLog,
  ipRestriction,
  jwt,
  keyAuth,
  prometheus,
  proxyCache,
  rateLimiting,
  redirect,
  requestSizeLimiting,
  requestTermination,
  requestTransformer,
  responseRatelimiting,
  responseTransformer,
  session,
] as const;
