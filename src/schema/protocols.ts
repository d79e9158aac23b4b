/** Every protocol a service, route or plugin may name, in the order in which messages list them. */
export const allProtocols = ["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"] as const;

/** Those that carry HTTP requests. */
export const httpProtocols = ["grpc", "grpcs", "http", "https"] as const;

/** A protocol that a service, route or plugin may name. */
export type Protocol = (typeof allProtocols)[number];

/** A protocol that carries HTTP requests. */
export type HttpProtocol = (typeof httpProtocols)[number];
