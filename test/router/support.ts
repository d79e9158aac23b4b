import { buildRouter } from "../../src/router/build-router.js";
import type { RoutableRoute, Router, RoutingRequest } from "../../src/router/router.js";

/** A route with nothing set but what is given. */
export function route(fields: Partial<RoutableRoute> & { id: string }): RoutableRoute {
  return {
    name: null,
    protocols: ["http", "https"],
    methods: null,
    hosts: null,
    paths: null,
    headers: null,
    snis: null,
    regex_priority: 0,
    strip_path: true,
    created_at: 0,
    ...fields,
  };
}

/** A request, by default `GET /` over plain text. */
export function request(fields: Partial<RoutingRequest> = {}): RoutingRequest {
  return { method: "GET", target: "/", host: undefined, headers: {}, scheme: "http", sni: undefined, port: 80, ...fields };
}

/** A UUID that ends in the number, so that larger numbers are larger ids. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** A router whose values are the names under which the routes are given; ids grow in the same order. */
export function routerOf(routes: Record<string, Partial<RoutableRoute>>): Router<string> {
  return buildRouter(
    Object.entries(routes).map(([name, fields], index) => ({
      route: route({ id: uuid(index + 1), name, ...fields }),
      value: name,
    })),
  );
}
