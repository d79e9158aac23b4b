import type { Pdk, PluginEntities } from "../../pdk/pdk.js";
import { cookieValue } from "../../util/cookies.js";
import type { JwtConfig } from "./config.js";

/** The request has tokens that differ. */
export const SEVERAL = Symbol("several tokens");

/** A token, {@link SEVERAL}, `true` for a query argument without a value, or `undefined` when there is none. */
export type FoundToken = string | true | typeof SEVERAL | undefined;

const bearer = /[Bb]earer\s+(.+)/;

/** Looks into all places: which of two different tokens counts is nothing to guess about. The same one twice counts once. */
export function findToken<E extends PluginEntities>(pdk: Pdk<E>, config: JwtConfig): FoundToken {
  const { request } = pdk;
  let found: FoundToken;
  const add = (token: string | true | undefined): void => {
    if (token === undefined || token === "" || token === found) return;
    found = found === undefined ? token : SEVERAL;
  };

  const { uri_param_names, cookie_names, header_names } = config;
  if (uri_param_names !== null && request.getRawQuery() !== "") {
    const query = request.getQuery();
    for (const name of uri_param_names) {
      const value = query[name];
      if (Array.isArray(value)) value.forEach(add);
      else add(value);
    }
  }
  const cookies = cookie_names === null || cookie_names.length === 0 ? undefined : request.getHeader("cookie");
  if (cookies !== undefined) for (const name of cookie_names ?? []) add(cookieValue(cookies, name));
  for (const name of header_names ?? []) {
    const value = request.getHeader(name);
    if (value !== undefined) add(bearer.exec(value)?.[1]);
  }
  return found;
}
