import { OptionsError } from "./errors/gateway-error.js";
import type { ListenOptions } from "./gateway-servers.js";
import { type Environment, type KongSettings, type SettingsOptions, settingsFromEnv, warnOnConsole } from "./kong-options.js";

/**
 * The addresses of `KONG_PROXY_LISTEN`, `KONG_ADMIN_LISTEN` and `KONG_STATUS_LISTEN`, for `gateway.listen`. Of several, the first one
 * without TLS; what is `off` or not set is not there.
 *
 * @param env - usually `process.env`
 * @throws OptionsError for what is no address
 */
export function listenFromEnv(env: Environment, { warn = warnOnConsole }: SettingsOptions = {}): ListenOptions {
  return listenOf(settingsFromEnv(env), warn);
}

/** As {@link listenFromEnv}, of settings that have been read already. */
export function listenOf(settings: KongSettings, warn: (message: string) => void): ListenOptions {
  const addressOf = (setting: string): { host: string; port: number } | undefined => {
    const text = settings.get(setting)?.value;
    const listeners = text === undefined ? [] : parseListen(setting, text);
    const plain = listeners.filter(({ flags }) => !flags.includes("ssl"));
    const [first] = plain;
    for (const listener of listeners) {
      const shown = `'${listener.host.includes(":") ? `[${listener.host}]` : listener.host}:${listener.port}'`;
      if (!plain.includes(listener)) warn(`${setting}: ${shown} is not opened: there are no listeners with TLS`);
      else if (listener !== first) warn(`${setting}: ${shown} is not opened: there is one listener only`);
      else if (listener.flags.includes("proxy_protocol")) warn(`${setting}: the PROXY protocol is not understood at ${shown}`);
    }
    return first && { host: first.host, port: first.port };
  };
  const proxy = addressOf("proxy_listen");
  const admin = addressOf("admin_listen");
  const status = addressOf("status_listen");
  return { ...(proxy ? { proxy } : {}), ...(admin ? { admin } : {}), ...(status ? { status } : {}) };
}

/** One address of Kong's `proxy_listen` and its like. */
interface KongListen {
  readonly host: string;
  readonly port: number;
  /** `ssl`, `http2`, `proxy_protocol`, `reuseport`, `backlog=16384` … */
  readonly flags: readonly string[];
}

/**
 * Reads Kong's notation of addresses to listen on: `0.0.0.0:8000 reuseport, [::]:8443 http2 ssl`, or `off`.
 *
 * @param setting - its name, for the error
 * @throws OptionsError for what is no address
 */
function parseListen(setting: string, text: string): readonly KongListen[] {
  if (text.trim().toLowerCase() === "off") return [];
  return text.split(",").map((part) => {
    const [address = "", ...flags] = part.trim().split(/\s+/);
    const match = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(address);
    const port = Number(match?.[2]);
    if (!match || port > 65_535) {
      throw new OptionsError(setting, `'${part.trim()}' is no address with a port, such as '0.0.0.0:8000' or '[::1]:8000'`);
    }
    return { host: (match[1] as string).replace(/^\[|\]$/g, ""), port, flags };
  });
}
