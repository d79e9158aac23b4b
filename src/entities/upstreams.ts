import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { bool, foreign, int, oneOf, str } from "../schema/field.js";
import { createdAt, id, tags, updatedAt } from "../schema/typedefs.js";
import { cookieName, headerName, hostWithOptionalPort, path } from "../schema/typedefs-http.js";
import { healthchecks } from "./upstream-healthchecks.js";
import { balancingShorthands, upstreamChecks, upstreamNameFault } from "./upstream-rules.js";

/** How a target is chosen. */
const algorithms = ["consistent-hashing", "least-connections", "round-robin", "latency"] as const;

/** What is hashed to choose a target. */
const hashInputs = ["none", "consumer", "ip", "header", "cookie", "path", "query_arg", "uri_capture"] as const;

/** A virtual host name behind which the requests to a service are spread over targets. */
export const upstreams = defineEntity({
  name: "upstreams",
  description: "A virtual host name behind which the requests to a service are spread over targets.",
  endpointKey: "name",
  fields: {
    id: id("Identifies the upstream."),
    created_at: createdAt,
    name: str({
      required: true,
      unique: true,
      validator: upstreamNameFault,
      description: "A host name, unique, which services use as their `host`.",
      example: "orders.upstream",
    }),
    updated_at: updatedAt,
    algorithm: oneOf(algorithms, { default: "round-robin", description: "How a target is chosen for a request." }),
    hash_on: oneOf(hashInputs, { default: "none", description: "What is hashed to choose a target." }),
    hash_fallback: oneOf(hashInputs, {
      default: "none",
      description: "What is hashed when there is nothing to hash by `hash_on`.",
    }),
    hash_on_header: headerName({ description: "Header that is hashed where `hash_on` is `header`." }),
    hash_fallback_header: headerName({ description: "Header that is hashed where `hash_fallback` is `header`." }),
    hash_on_cookie: cookieName({ description: "Cookie that is hashed; it is set when the request has none." }),
    hash_on_cookie_path: path({ default: "/", description: "Path of the cookie that is set." }),
    hash_on_query_arg: str({ lenMin: 1, description: "Query argument that is hashed where `hash_on` is `query_arg`." }),
    hash_fallback_query_arg: str({
      lenMin: 1,
      description: "Query argument that is hashed where `hash_fallback` is `query_arg`.",
    }),
    hash_on_uri_capture: str({
      lenMin: 1,
      description: "Capture of the route's path that is hashed where `hash_on` is `uri_capture`.",
    }),
    hash_fallback_uri_capture: str({
      lenMin: 1,
      description: "Capture of the route's path that is hashed where `hash_fallback` is `uri_capture`.",
    }),
    slots: int({ default: 10_000, between: [10, 65_536], description: "Size of the hash ring." }),
    healthchecks,
    tags: tags(),
    host_header: hostWithOptionalPort({ description: "`Host` header for the targets, in place of the upstream's name." }),
    client_certificate: foreign("certificates", { description: "Certificate shown to the targets in a TLS handshake." }),
    use_srv_name: bool({ default: false, description: "Whether the names that SRV records give are used as `Host` header." }),
  },
  checks: upstreamChecks,
  shorthands: balancingShorthands,
});

/** An upstream as stored: defaults filled, unset fields `null`. */
export type Upstream = Infer<typeof upstreams>;

/** An upstream as given: only `name` is needed. */
export type UpstreamInput = InferInput<typeof upstreams>;
