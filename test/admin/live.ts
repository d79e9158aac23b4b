import type { AddressInfo } from "node:net";
import { createGateway, type Gateway, type GatewayOptions } from "postern";

/** What an interface of a gateway answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON; `undefined` when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of all kinds, whose members tests look at
  readonly body: any;
  readonly text: string;
}

/** How a body is sent: an object as JSON, everything else as `fetch` does it. */
export type Body = Readonly<Record<string, unknown>> | URLSearchParams | FormData | string | undefined;

/** A gateway whose interfaces all listen on ports of their own. */
export interface LiveGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly ports: Readonly<Record<"proxy" | "admin" | "status", number>>;
  /** Asks the Admin API. */
  ask(method: string, path: string, body?: Body, headers?: Record<string, string>): Promise<Answer>;
  /** Asks the Status API. */
  askStatus(method: string, path: string, body?: Body, headers?: Record<string, string>): Promise<Answer>;
  /** Asks the proxy. */
  proxy(path: string, init?: RequestInit): Promise<Answer>;
}

/** A logger that prints nothing. */
export const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Starts a gateway by its public surface alone. */
export async function live(options: GatewayOptions = {}): Promise<LiveGateway> {
  const gateway = createGateway({ logger: silent, ...options }) as Gateway;
  const local = { host: "127.0.0.1", port: 0 };
  const listening = await gateway.listen({ proxy: local, admin: local, status: local });
  const port = (address: AddressInfo | undefined): number => address?.port ?? 0;
  const ports = { proxy: port(listening.proxy), admin: port(listening.admin), status: port(listening.status) };
  const to =
    (at: number): LiveGateway["ask"] =>
    (method, path, body, headers = {}) => {
      const isJson = body !== undefined && Object.getPrototypeOf(body) === Object.prototype;
      return send(`http://127.0.0.1:${at}${path}`, {
        method,
        headers: isJson ? { "content-type": "application/json", ...headers } : headers,
        ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as string) }),
      });
    };
  return {
    gateway,
    ports,
    ask: to(ports.admin),
    askStatus: to(ports.status),
    proxy: (path, init) => send(`http://127.0.0.1:${ports.proxy}${path}`, init),
    [Symbol.asyncDispose]: () => gateway.close({ graceMs: 0 }),
  };
}

async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const { status, headers, ...response } = await fetch(url, init).then(async (one) => ({
    status: one.status,
    headers: one.headers,
    text: await one.text(),
  }));
  const isJson = headers.get("content-type")?.startsWith("application/json") === true && response.text !== "";
  return { status, headers, text: response.text, body: isJson ? JSON.parse(response.text) : undefined };
}
