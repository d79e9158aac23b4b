import type { TLSSocket } from "node:tls";
import type { Pdk } from "../../pdk/pdk.js";

/** The variables of nginx that have a meaning without it. */
const variables: Readonly<Record<string, (pdk: Pdk) => string | number | undefined>> = {
  args: (pdk) => pdk.request.getRawQuery(),
  content_length: (pdk) => pdk.request.getHeader("content-length"),
  content_type: (pdk) => pdk.request.getHeader("content-type"),
  host: (pdk) => pdk.request.getHost(),
  https: (pdk) => (pdk.request.getScheme() === "https" ? "on" : ""),
  is_args: (pdk) => (pdk.request.getRawQuery() === "" ? "" : "?"),
  query_string: (pdk) => pdk.request.getRawQuery(),
  realip_remote_addr: (pdk) => pdk.client.getIp(),
  realip_remote_port: (pdk) => String(pdk.client.getPort()),
  remote_addr: (pdk) => pdk.client.getForwardedIp(),
  remote_port: (pdk) => String(pdk.client.getForwardedPort()),
  request_id: (pdk) => pdk.request.getId(),
  request_method: (pdk) => pdk.request.getMethod(),
  request_uri: (pdk) => pdk.request.getPathWithQuery(),
  scheme: (pdk) => pdk.request.getScheme(),
  server_addr: (pdk) => pdk.request.getConnection().localAddress,
  server_port: (pdk) => String(pdk.request.getPort()),
  server_protocol: (pdk) => {
    const version = pdk.request.getHttpVersion();
    return `HTTP/${version === 2 ? "2.0" : version.toFixed(1)}`;
  },
  ssl_protocol: (pdk) => (pdk.request.getConnection() as Partial<TLSSocket>).getProtocol?.() ?? undefined,
  uri: (pdk) => pdk.request.getPath(),
};

/**
 * A variable of nginx.
 *
 * @throws Error for one that has no meaning here
 */
export function nginxVariable(pdk: Pdk, name: string): string | number | undefined {
  if (Object.hasOwn(variables, name)) return variables[name]?.(pdk);
  if (name.startsWith("http_")) return pdk.request.getHeader(name.slice(5));
  if (name.startsWith("arg_")) {
    const value = pdk.request.getQueryArg(name.slice(4));
    return value === true ? "" : value;
  }
  throw new Error(`there is no nginx here, and its variable '${name}' has no counterpart`);
}
