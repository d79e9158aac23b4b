import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import { checkObject, wrongArgument } from "../errors/check-argument.js";
import type { RouteExplanation } from "../router/router.js";
import type { Snapshot } from "./snapshot.js";

/** A request to be explained: as a client would write it. */
export interface ExplainRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** Absolute (`http://api.example.com/orders?x=1`) or a path. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** TLS server name; default for `https` URLs: their host. */
  readonly sni?: string;
}

/** The winner and the runners-up, with the verdict on each criterion. */
export interface ExplainedRoute {
  /** The route that the request takes; `undefined` when none matches. */
  readonly route: Route | undefined;
  readonly service: Service | undefined;
  /** All matchers that were worth a look, best first. */
  readonly candidates: RouteExplanation<unknown>["candidates"];
}

/**
 * Asks the router, without sending anything.
 *
 * @throws OptionsError for what is no request
 */
export function explainRoute({ router, destinations }: Snapshot, request: ExplainRequest): ExplainedRoute {
  checkObject("request", "an object with a url", request);
  if (typeof request.url !== "string") throw wrongArgument("request.url", "a text", request.url);
  const absolute = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(request.url);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  const secure = absolute?.[1]?.toLowerCase() === "https";
  const host = (headers.host as string | undefined) ?? absolute?.[2];
  const rest = absolute === null ? request.url : absolute[3] || "/";
  const { match, candidates } = router.explain({
    method: request.method ?? "GET",
    target: rest.startsWith("/") ? rest : `/${rest}`,
    host,
    headers,
    scheme: secure ? "https" : "http",
    sni: request.sni ?? (secure ? host?.replace(/:\d+$/, "") : undefined),
    port: secure ? 443 : 80,
  });
  const destination = match === undefined ? undefined : destinations[match.value];
  return { route: destination?.route, service: destination?.service?.service, candidates };
}
