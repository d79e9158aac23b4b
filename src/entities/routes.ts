import { defineEntity, type EntityDefinition, type Infer } from "../schema/entity.js";
import {
  arrayOf,
  bool,
  foreign,
  type InferFields,
  type InferFieldsInput,
  int,
  mapOf,
  oneOf,
  setOf,
  str,
} from "../schema/field.js";
import { createdAt, id, tags, updatedAt, utf8Name } from "../schema/typedefs.js";
import {
  destinations,
  headerName,
  methods,
  protocol,
  routeHosts,
  routerPaths,
  sni,
  sources,
  wildcardHost,
} from "../schema/typedefs-http.js";
import { expressionCheck, routeSubschemas, snisCheck } from "./route-rules.js";

/** How routes are matched; it decides which fields a route has. */
export type RouterFlavor = "traditional" | "traditional_compatible" | "expressions";

/** Redirects and the answer that asks for TLS, in the order in which messages list them. */
const redirectStatusCodes = [426, 301, 302, 307, 308] as const;

const fields = {
  id: id("Identifies the route."),
  created_at: createdAt,
  updated_at: updatedAt,
  name: utf8Name({ description: "Name of the route, unique.", example: "orders" }),
  protocols: setOf(protocol(), {
    required: true,
    default: ["http", "https"],
    lenMin: 1,
    mutuallyExclusiveSubsets: [["http", "https"], ["tcp", "tls", "udp"], ["tls_passthrough"], ["grpc", "grpcs"]],
    description: "Protocols this route serves. They decide which of its other fields may be set.",
  }),
  https_redirect_status_code: int({
    required: true,
    default: 426,
    oneOf: redirectStatusCodes,
    description: "Status that answers plain requests to a route that serves `https` only.",
  }),
  strip_path: bool({ required: true, default: true, description: "Whether the matched prefix is cut off the path." }),
  preserve_host: bool({
    required: true,
    default: false,
    description: "Whether the upstream sees the client's `Host` header instead of its own host.",
  }),
  request_buffering: bool({
    required: true,
    default: true,
    description: "Whether the request body is read before it is sent on.",
  }),
  response_buffering: bool({
    required: true,
    default: true,
    description: "Whether the response body is read before it is sent on.",
  }),
  tags: tags(),
  service: foreign("services", { description: "Where requests go. Unset: the host application answers them." }),
  snis: setOf(wildcardHost(), { description: "Server names of TLS to match." }),
  sources: sources({ description: "Addresses and ports of clients to match." }),
  destinations: destinations({ description: "Addresses and ports of the gateway to match." }),
  methods: methods({ description: "HTTP methods to match." }),
  hosts: routeHosts({ description: "Values of the `Host` header to match. One `*` may stand for the labels at one end." }),
  paths: routerPaths({ description: "Paths to match: prefixes, or regexes behind `~`.", example: ["/orders"] }),
  headers: mapOf(
    headerName({
      matchNone: [{ pattern: /^host$/i, err: "cannot contain 'host' header, which must be specified in the 'hosts' attribute" }],
    }),
    arrayOf(str()),
    { description: "Headers to match: each must have one of its values, which may be regexes behind `~*`." },
  ),
  regex_priority: int({ default: 0, description: "Orders regex paths; higher ones are tried first." }),
  path_handling: oneOf(["v0", "v1"], { default: "v0", description: "How the paths of service, route and request are joined." }),
};

const expressionFields = {
  expression: str({
    description: "What to match, in the expression language, in place of all the matching fields.",
    example: 'http.path ^= "/orders"',
  }),
  priority: int({
    required: true,
    default: 0,
    between: [0, 2 ** 46 - 1],
    description: "Orders expressions; higher ones are tried first.",
  }),
};

type RouteFields = typeof fields;

type RouteRecord = InferFields<RouteFields> & {
  /** Only where the router flavor is `expressions`. */
  expression?: string | null;
  /** Only where the router flavor is `expressions`. */
  priority?: number;
};

/** A route as given. Which matching fields it needs depends on its protocols. */
export type RouteInput = InferFieldsInput<RouteFields> & {
  /** Only where the router flavor is `expressions`. */
  readonly expression?: string | null;
  /** Only where the router flavor is `expressions`. */
  readonly priority?: number;
};

/** The routes entity, of any router flavor. */
export type RoutesDefinition = EntityDefinition<"routes", RouteFields, RouteInput, RouteRecord>;

/** A route as stored: defaults filled, unset fields `null`. */
export type Route = Infer<RoutesDefinition>;

function define(allFields: RouteFields, flavor: RouterFlavor): RoutesDefinition {
  return defineEntity({
    name: "routes",
    description: "Which requests go to which service.",
    endpointKey: "name",
    fields: allFields,
    checks: flavor === "expressions" ? [snisCheck, expressionCheck] : [snisCheck],
    subschemaKey: "protocols",
    subschemas: routeSubschemas(flavor === "expressions"),
  });
}

/** Which requests go to which service. Matched by the default router flavor, `traditional_compatible`. */
export const routes: RoutesDefinition = define(fields, "traditional_compatible");

const byFlavor: Readonly<Record<RouterFlavor, RoutesDefinition>> = {
  traditional: define(
    // The other flavors match server names with wildcards.
    { ...fields, snis: setOf(sni(), { description: "Server names of TLS to match." }) },
    "traditional",
  ),
  traditional_compatible: routes,
  expressions: define({ ...fields, ...expressionFields }, "expressions"),
};

/** The routes entity of a router flavor. */
export function routesFor(flavor: RouterFlavor): RoutesDefinition {
  return byFlavor[flavor];
}
