/** One participant of the benchmark. */
export interface ContenderDefinition {
  readonly name: string;
  readonly label: string;
  /** A module in `contenders/`, or the program nginx. */
  readonly kind: "module" | "nginx";
  /** File name in `contenders/`. */
  readonly module?: string;
  /** Number of routes; the load is spread over them. Contenders that route nothing get the same mix of paths. */
  readonly routes: number;
  /** postern only: with key-auth, rate-limiting and correlation-id, and 100 consumers. */
  readonly plugins?: boolean;
  /** May be absent on a machine; any other contender that does not start makes the run fail. */
  readonly optional?: boolean;
}

const postern = { kind: "module", module: "postern.mjs" } as const;

export const contenders: readonly ContenderDefinition[] = [
  { name: "undici", label: "bare undici dispatch", kind: "module", module: "undici.mjs", routes: 1000 },
  { name: "http-proxy-3", label: "bare http-proxy-3", kind: "module", module: "http-proxy-3.mjs", routes: 1000 },
  { name: "httpxy", label: "httpxy", kind: "module", module: "httpxy.mjs", routes: 1000 },
  { name: "fastify", label: "@fastify/http-proxy", kind: "module", module: "fastify-http-proxy.mjs", routes: 1000 },
  {
    name: "hpm",
    label: "Express + http-proxy-middleware",
    kind: "module",
    module: "express-http-proxy-middleware.mjs",
    routes: 1000,
  },
  { name: "fast-gateway", label: "fast-gateway", kind: "module", module: "fast-gateway.mjs", routes: 1000, optional: true },
  { name: "nginx", label: "nginx", kind: "nginx", routes: 1000, optional: true },
  { ...postern, name: "postern", label: "postern, 1 route", routes: 1 },
  { ...postern, name: "postern-10", label: "postern, 10 routes", routes: 10 },
  { ...postern, name: "postern-10k", label: "postern, 10,000 routes", routes: 10_000 },
  {
    ...postern,
    name: "postern-plugins",
    label: "postern, 1,000 routes, 100 consumers, 3 plugins",
    routes: 1000,
    plugins: true,
  },
  { name: "postern-express", label: "postern in Express", kind: "module", module: "postern-express.mjs", routes: 1 },
];
