import type { Subschema } from "../schema/entity.js";
import { bool, type EntityCheck, type Fields } from "../schema/field.js";
import { headers, methods, routeHosts, routerPaths, sources } from "../schema/typedefs-http.js";

/** Only TLS carries a server name. */
export const snisCheck: EntityCheck = {
  kind: "conditional",
  ifField: "protocols",
  ifMatch: { elements: { notOneOf: ["grpcs", "https", "tls", "tls_passthrough"] } },
  thenField: "snis",
  thenMatch: { lenEq: 0 },
  thenErr: "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'",
};

const matchingFields = ["methods", "hosts", "paths", "headers", "snis", "sources", "destinations"] as const;
const matchingList = "'methods', 'hosts', 'paths', 'headers', 'snis', 'sources' or 'destinations'";
const failed = "Router Expression failed validation: ";

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
const isPositive = (value: unknown): boolean => typeof value === "number" && value !== 0;

/** An expression says everything, so nothing may be said beside it. */
export const expressionCheck: EntityCheck = {
  kind: "custom",
  fieldSources: [...matchingFields, "expression", "regex_priority", "priority"],
  runWithMissingFields: true,
  description: "An expression stands alone: with the router flavor `expressions` a route has that or the other matching fields.",
  check: (route) => {
    const hasExpression = route.expression !== null && route.expression !== undefined;
    const hasFields = matchingFields.some((name) => !isEmpty(route[name]));
    if (hasExpression && hasFields) return `${failed}cannot set 'expression' with ${matchingList} simultaneously`;
    if (hasExpression && isPositive(route.regex_priority)) {
      return `${failed}cannot set 'regex_priority' with 'expression' simultaneously`;
    }
    if (hasFields && isPositive(route.priority)) return `${failed}cannot set 'priority' with ${matchingList} simultaneously`;
    return undefined;
  },
};

const httpNames = "'http' or 'https'";
const streamNames = "'tcp', 'tls', 'tls_passthrough' or 'udp'";
const grpcNames = "'grpc' or 'grpcs'";

const unset = (field: string, protocols: string) => ({ eq: null, err: `cannot set '${field}' when 'protocols' is ${protocols}` });

const endpointFields = (protocols: string): Fields => ({
  sources: sources(unset("sources", protocols)),
  destinations: sources(unset("destinations", protocols)),
});

/** What a route needs and must not have, by the first of its protocols. */
export function routeSubschemas(expressions: boolean): Readonly<Record<string, Subschema>> {
  const names = (...list: string[]): string[] => (expressions ? [...list, "expression"] : list);

  const http: Subschema = {
    fields: expressions ? {} : endpointFields(httpNames),
    checks: [
      {
        kind: "conditional_at_least_one_of",
        ifField: "protocols",
        ifMatch: { contains: "https" },
        thenAtLeastOneOf: names("methods", "hosts", "headers", "paths", "snis"),
        thenErr: "must set one of %s when 'protocols' is 'https'",
        elseMatch: { contains: "http" },
        elseThenAtLeastOneOf: names("methods", "hosts", "headers", "paths"),
        elseThenErr: "must set one of %s when 'protocols' is 'http'",
      },
    ],
  };

  const stream: Subschema = {
    fields: {
      methods: methods(unset("methods", streamNames)),
      hosts: routeHosts(unset("hosts", streamNames)),
      paths: routerPaths(unset("paths", streamNames)),
      headers: headers(unset("headers", streamNames)),
    },
    checks: [
      {
        kind: "conditional_at_least_one_of",
        ifField: "protocols",
        ifMatch: { elements: { oneOf: ["tcp", "tls", "udp"] } },
        thenAtLeastOneOf: names("sources", "destinations", "snis"),
        thenErr: "must set one of %s when 'protocols' is 'tcp', 'tls' or 'udp'",
        elseMatch: { elements: { oneOf: ["tls_passthrough"] } },
        elseThenAtLeastOneOf: names("snis"),
        elseThenErr: "must set snis when 'protocols' is 'tls_passthrough'",
      },
    ],
  };

  const grpc: Subschema = {
    fields: {
      strip_path: bool({
        required: true,
        default: false,
        ne: true,
        err: `cannot set 'strip_path' when 'protocols' is ${grpcNames}`,
      }),
      methods: methods(unset("methods", grpcNames)),
      ...(expressions ? {} : endpointFields(grpcNames)),
    },
    checks: [
      {
        kind: "conditional_at_least_one_of",
        ifField: "protocols",
        ifMatch: { contains: "grpcs" },
        thenAtLeastOneOf: names("hosts", "headers", "paths", "snis"),
        thenErr: "must set one of %s when 'protocols' is 'grpcs'",
        elseMatch: { contains: "grpc" },
        elseThenAtLeastOneOf: names("hosts", "headers", "paths"),
        elseThenErr: "must set one of %s when 'protocols' is 'grpc'",
      },
    ],
  };

  return { http, https: http, tcp: stream, tls: stream, tls_passthrough: stream, udp: stream, grpc, grpcs: grpc };
}
