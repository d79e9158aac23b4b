/** Shared field types about hosts, paths, headers and protocols. */
import type { CollectionAttributes, StringAttributes } from "./attributes.js";
import { type FieldOf, makeField, type None } from "./field.js";
import { allProtocols, type HttpProtocol, httpProtocols, type Protocol } from "./protocols.js";
import {
  cidrV4Fault,
  cookieNameFault,
  headerNameFault,
  hostFault,
  hostPortFault,
  ipFault,
  ipOrCidrFault,
  pathFault,
  routeHostFault,
  routerPathFault,
  sniFault,
  urlFault,
  wildcardHostFault,
} from "./text-faults.js";
import { port } from "./typedefs.js";

const noEmptySegments = [{ pattern: /\/\//, err: "must not have empty segments" }];

/** An address or a name, without a port. */
export function host<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: hostFault, example: "orders.internal", ...attributes });
}

/** An address or a name, maybe with a port. */
export function hostWithOptionalPort<const A extends StringAttributes = None>(
  attributes?: A & StringAttributes,
): FieldOf<string, A> {
  return makeField("string", { validator: hostPortFault, example: "orders.internal:8080", ...attributes });
}

/** A name, maybe with a `*` as its first or last character. */
export function wildcardHost<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: wildcardHostFault, example: "api.example.com", ...attributes });
}

/** A server name of TLS: no address, no port. */
export function sni<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: sniFault, example: "api.example.com", ...attributes });
}

/** An IPv4 or IPv6 address. */
export function ip<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: ipFault, example: "10.0.0.1", ...attributes });
}

/** An address or a CIDR range. */
export function ipOrCidr<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: ipOrCidrFault, example: "10.0.0.0/8", ...attributes });
}

/** An IPv4 address or CIDR range. */
export function cidrV4<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: cidrV4Fault, example: "10.0.0.0/8", ...attributes });
}

/** A path that starts with `/`, in characters that need no encoding. */
export function path<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", {
    startsWith: "/",
    matchNone: noEmptySegments,
    validator: pathFault,
    example: "/v1",
    ...attributes,
  });
}

/** A path of a route: a normalised prefix, or a regex behind `~`. */
export function routerPath<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { matchNone: noEmptySegments, validator: routerPathFault, example: "/orders", ...attributes });
}

/** The paths of a route. */
export function routerPaths<const A extends CollectionAttributes<readonly string[]> = None>(
  attributes?: A & CollectionAttributes<readonly string[]>,
): FieldOf<string[], A, readonly string[]> {
  return makeField("array", attributes, { elements: routerPath() });
}

/** The hosts of a route: with a port, a wildcard label, both or neither. */
export function routeHosts<const A extends CollectionAttributes<readonly string[]> = None>(
  attributes?: A & CollectionAttributes<readonly string[]>,
): FieldOf<string[], A, readonly string[]> {
  return makeField("array", attributes, {
    elements: makeField("string", { validator: routeHostFault, example: "api.example.com" }),
  });
}

/** A URL with a scheme and a host. */
export function url<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: urlFault, example: "https://api.example.com/v1", ...attributes });
}

/** The name of an HTTP header: letters, digits, `-` and `_`. */
export function headerName<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: headerNameFault, example: "X-Request-ID", ...attributes });
}

/** Headers with lists of values. */
export function headers<const A extends CollectionAttributes<Readonly<Record<string, readonly string[]>>> = None>(
  attributes?: A & CollectionAttributes<Readonly<Record<string, readonly string[]>>>,
): FieldOf<Record<string, string[]>, A, Readonly<Record<string, readonly string[]>>> {
  const elements = makeField("array", undefined, { elements: makeField("string", undefined) });
  return makeField("map", attributes, { keys: headerName(), elements });
}

/** The name of a cookie. */
export function cookieName<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { validator: cookieNameFault, example: "session", ...attributes });
}

/** An HTTP method in capital letters. */
export function httpMethod<const A extends StringAttributes = None>(attributes?: A & StringAttributes): FieldOf<string, A> {
  return makeField("string", { match: /^[A-Z]+$/, example: "GET", ...attributes });
}

/** HTTP methods. */
export function methods<const A extends CollectionAttributes<readonly string[]> = None>(
  attributes?: A & CollectionAttributes<readonly string[]>,
): FieldOf<string[], A, readonly string[]> {
  return makeField("set", attributes, { elements: httpMethod() });
}

/** One of the eight protocols. */
export function protocol<const A extends StringAttributes<Protocol> = None>(
  attributes?: A & StringAttributes<Protocol>,
): FieldOf<Protocol, A> {
  return makeField("string", { oneOf: allProtocols, ...attributes });
}

type WithDefault<A> = A & { readonly required: true; readonly default: unknown };

/** Protocols; unless told otherwise, the four that carry HTTP requests. */
export function protocols<const A extends CollectionAttributes<readonly Protocol[]> = None>(
  attributes?: A & CollectionAttributes<readonly Protocol[]>,
): FieldOf<Protocol[], WithDefault<A>, readonly Protocol[]> {
  return makeField("set", { required: true, default: httpProtocols, ...attributes }, { elements: protocol() });
}

/** Protocols that carry HTTP requests; unless told otherwise, all four. */
export function protocolsHttp<const A extends CollectionAttributes<readonly HttpProtocol[]> = None>(
  attributes?: A & CollectionAttributes<readonly HttpProtocol[]>,
): FieldOf<HttpProtocol[], WithDefault<A>, readonly HttpProtocol[]> {
  const elements = makeField("string", { oneOf: httpProtocols });
  return makeField("set", { required: true, default: httpProtocols, ...attributes }, { elements });
}

/** One end of a connection, as a stream route matches it. */
export interface Endpoint {
  ip: string | null;
  port: number | null;
}

/** {@link Endpoint} as given. */
export interface EndpointInput {
  readonly ip?: string | null;
  readonly port?: number | null;
}

function endpoints(attributes: object | undefined): never {
  const fields = {
    ip: ipOrCidr({ description: "An IP address or a CIDR range." }),
    port: port({ description: "A port." }),
  };
  const elements = makeField("record", undefined, { fields, checks: [{ kind: "at_least_one_of", fields: ["ip", "port"] }] });
  return makeField("set", attributes, { elements });
}

/** Addresses and ports that connections come from. */
export function sources<const A extends CollectionAttributes<readonly EndpointInput[]> = None>(
  attributes?: A & CollectionAttributes<readonly EndpointInput[]>,
): FieldOf<Endpoint[], A, readonly EndpointInput[]> {
  return endpoints(attributes);
}

/** Addresses and ports that connections go to. */
export function destinations<const A extends CollectionAttributes<readonly EndpointInput[]> = None>(
  attributes?: A & CollectionAttributes<readonly EndpointInput[]>,
): FieldOf<Endpoint[], A, readonly EndpointInput[]> {
  return endpoints(attributes);
}
