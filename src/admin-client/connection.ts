import { OptionsError } from "../errors/gateway-error.js";
import { AdminClientError } from "./error.js";

/** Options of {@link createAdminClient}. */
export interface ConnectionOptions {
  /** Where the Admin API is, with the path that it is mounted at: `http://127.0.0.1:8001`, `https://example.com/gateway-admin`. */
  readonly url: string;
  /** Sent as `Kong-Admin-Token`. */
  readonly token?: string;
  /** Sends the requests: to set time limits, for one. Default: `fetch` of Node.js. */
  readonly fetch?: typeof fetch;
}

/** What an Admin API answered, if it did not refuse. */
export interface ClientAnswer {
  readonly status: number;
  /** Parsed where it is JSON, and text otherwise; `undefined` when there is none. */
  readonly body: unknown;
}

/** A request's body: objects and texts. */
export type ClientBody = string | object | undefined;

/** Asks an Admin API. */
export class Connection {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;

  /** @throws OptionsError when `url` is no URL, or `token` empty */
  constructor({ url, token, fetch: send = fetch }: ConnectionOptions) {
    if (typeof url !== "string" || !/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      throw new OptionsError("url", "must be the http or https URL of an Admin API");
    }
    if (token === "") throw new OptionsError("token", "must be a text that is not empty");
    this.#base = url.replace(/\/+$/, "");
    this.#headers = token === undefined ? {} : { "Kong-Admin-Token": token };
    this.#fetch = send;
  }

  /**
   * @param path - below the URL, encoded
   * @param body - objects are sent as JSON, texts as YAML or JSON that is YAML
   * @throws AdminClientError (rejects) for a status of 400 or more; what `fetch` throws when there is no answer
   */
  async ask(method: string, path: string, body?: ClientBody): Promise<ClientAnswer> {
    const type = typeof body === "string" ? "text/yaml" : "application/json";
    const response = await this.#fetch(`${this.#base}${path}`, {
      method,
      headers: { ...this.#headers, Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": type }) },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const { status } = response;
    const answered = parsed(await response.text(), response.headers.get("content-type"));
    if (status >= 400) throw new AdminClientError(status, answered, `${method} ${path}`);
    return { status, body: answered };
  }

  /** As {@link Connection.ask}; `undefined` where there is no such thing (404). */
  async find(path: string): Promise<unknown> {
    try {
      return (await this.ask("GET", path)).body;
    } catch (error) {
      if (error instanceof AdminClientError && error.status === 404) return undefined;
      throw error;
    }
  }
}

function parsed(text: string, type: string | null): unknown {
  if (text === "") return undefined;
  if (type?.startsWith("application/json") !== true) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A path of segments that are encoded here. */
export function pathTo(...segments: readonly string[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

/** `?a=1&b=2`, without what is not given. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}
