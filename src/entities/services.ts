import { defineEntity, type EntityDefinition, type Infer, type InferInput } from "../schema/entity.js";
import { arrayOf, bool, type EntityCheck, foreign, int, type Shorthand, str } from "../schema/field.js";
import { createdAt, id, port, tags, updatedAt, utf8Name, uuid } from "../schema/typedefs.js";
import { host, path, protocol } from "../schema/typedefs-http.js";
import { splitUrl } from "../util/split-url.js";

const milliseconds = (description: string) => int({ default: 60_000, between: [1, 2_147_483_646], description });

/** TLS towards the upstream makes sense only where the gateway itself speaks TLS to it. */
const onlyWithTls = (thenField: string): EntityCheck => ({
  kind: "conditional",
  ifField: "protocol",
  ifMatch: { notOneOf: ["https", "tls"] },
  thenField,
  thenMatch: { eq: null },
});

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

function expandUrl(url: string | null): Record<string, unknown> {
  if (url === null) return {};
  const parts = splitUrl(url);
  const protocolName = parts.scheme ?? (parts.port === "443" ? "https" : "http");
  const portNumber = parts.port !== undefined && /^\d+$/.test(parts.port) ? Number(parts.port) : parts.port;
  return {
    protocol: protocolName,
    host: parts.host ?? null,
    port: portNumber ?? defaultPorts[protocolName] ?? 80,
    path: parts.path === "" ? null : parts.path,
  };
}

const url: Shorthand = {
  field: str({ description: "Protocol, host, port and path in one. Write-only, and it wins over the four fields it sets." }),
  expand: expandUrl,
  supplies: ["host"],
};

const definition = defineEntity({
  name: "services",
  description: "An API that routes forward to.",
  endpointKey: "name",
  fields: {
    id: id("Identifies the service."),
    created_at: createdAt,
    updated_at: updatedAt,
    name: utf8Name({ description: "Name of the service, unique.", example: "orders" }),
    retries: int({ default: 5, between: [0, 32_767], description: "How often a failed attempt is repeated." }),
    protocol: protocol({ required: true, default: "http", description: "Protocol spoken with the upstream." }),
    host: host({
      required: true,
      description: "Host of the upstream: a DNS name, an address, or the name of an upstream entity.",
    }),
    port: port({ required: true, default: 80, description: "Port of the upstream." }),
    path: path({ description: "Put in front of the path of every request." }),
    connect_timeout: milliseconds("Milliseconds for connecting to the upstream."),
    write_timeout: milliseconds("Milliseconds between two successive writes to the upstream."),
    read_timeout: milliseconds("Milliseconds between two successive reads from the upstream."),
    tags: tags(),
    client_certificate: foreign("certificates", { description: "Certificate shown to the upstream in a TLS handshake." }),
    tls_verify: bool({ description: "Whether the upstream's certificate is verified. Unset: as the gateway is configured." }),
    tls_verify_depth: int({
      default: null,
      between: [0, 64],
      description: "Longest certificate chain accepted. Unset: as the gateway is configured.",
    }),
    ca_certificates: arrayOf(uuid(), { description: "Ids of the CA certificates that the upstream's is verified with." }),
    enabled: bool({ required: true, default: true, description: "Whether the routes of this service are served." }),
  },
  checks: [
    {
      kind: "conditional",
      ifField: "protocol",
      ifMatch: { oneOf: ["tcp", "tls", "udp", "grpc", "grpcs"] },
      thenField: "path",
      thenMatch: { eq: null },
    },
    onlyWithTls("client_certificate"),
    onlyWithTls("tls_verify"),
    onlyWithTls("tls_verify_depth"),
    onlyWithTls("ca_certificates"),
  ],
  shorthands: { url },
});

/** A service as stored: defaults filled, unset fields `null`. */
export type Service = Infer<typeof definition>;

/** A service as given: `host` or `url` is needed, everything else has a default. */
export type ServiceInput = Omit<InferInput<typeof definition>, "host"> &
  ({ readonly host: string; readonly url?: string | null } | { readonly url: string; readonly host?: string });

/** An API that routes forward to. */
export const services: EntityDefinition<"services", (typeof definition)["fields"], ServiceInput, Service> = definition;
