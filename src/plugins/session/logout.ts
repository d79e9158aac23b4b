import type { Pdk, PluginEntities } from "../../pdk/pdk.js";
import type { MaybePromise } from "../../util/maybe-promise.js";
import type { SessionConfig } from "./config.js";

const WITH_BODY = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** The request asks for the end of its session. */
export function isLogout<E extends PluginEntities>(pdk: Pdk<E>, config: SessionConfig): MaybePromise<boolean> {
  const { logout_methods, logout_query_arg, logout_post_arg, read_body_for_logout } = config;
  const method = pdk.request.getMethod();
  if (!(logout_methods as readonly string[] | null)?.includes(method)) return false;
  if (logout_query_arg !== null && pdk.request.getQueryArg(logout_query_arg) !== undefined) return true;
  if (!read_body_for_logout || logout_post_arg === null || !WITH_BODY.has(method)) return false;
  return bodyHas(pdk, logout_post_arg);
}

/** A body that cannot be read, or not as fields, asks for nothing. */
async function bodyHas<E extends PluginEntities>(pdk: Pdk<E>, name: string): Promise<boolean> {
  try {
    const { body } = await pdk.request.getBody();
    return body !== undefined && !Array.isArray(body) && Object.hasOwn(body as object, name);
  } catch (error) {
    pdk.log.debug(`the body cannot be read for a logout: ${(error as Error).message}`);
    return false;
  }
}
