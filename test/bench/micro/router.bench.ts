/*
 * Nanoseconds per match, by kind and size of the routing table; every request has a URI of its own. Requests are spread
 * evenly over all routes, which at 10,000 makes nearly every object a cache miss; the column "hot" has the largest table
 * with all requests going to 10 of its routes, so it shows what the search itself costs.
 * Run with: npx tsx test/bench/micro/router.bench.ts
 */
import { buildRouter } from "../../../src/router/build-router.js";
import type { RoutableRoute, Router, RoutingRequest } from "../../../src/router/router.js";

const SIZES = [10, 1_000, 10_000];
const REQUESTS = 20_000;
const ROUNDS = 40;
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"];
const HEADERS = { accept: "*/*", "user-agent": "bench" };

interface Table {
  readonly name: string;
  readonly route: (i: number) => Partial<RoutableRoute>;
  /** A request for route `i`. */
  readonly request: (i: number, unique: string) => Partial<RoutingRequest>;
}

const TABLES: readonly Table[] = [
  {
    name: "unique hosts",
    route: (i) => ({ hosts: [`tenant-${i}.example.com`] }),
    request: (i, unique) => ({ host: `tenant-${i}.example.com`, target: `/orders/${unique}` }),
  },
  {
    name: "wildcard hosts",
    route: (i) => ({ hosts: [`*.tenant-${i}.example.com`] }),
    request: (i, unique) => ({ host: `www.tenant-${i}.example.com`, target: `/orders/${unique}` }),
  },
  {
    name: "unique paths",
    route: (i) => ({ paths: [`/service-${i}`] }),
    request: (i, unique) => ({ target: `/service-${i}/orders/${unique}` }),
  },
  {
    name: "/api/vN/resource",
    route: (i) => ({ paths: [`/api/v${i % 5}/resource-${Math.floor(i / 5)}`] }),
    request: (i, unique) => ({ target: `/api/v${i % 5}/resource-${Math.floor(i / 5)}/${unique}` }),
  },
  {
    name: "paths by method",
    route: (i) => ({ paths: [`/service-${Math.floor(i / 5)}`], methods: [METHODS[i % 5] as string] }),
    request: (i, unique) => ({ method: METHODS[i % 5] as string, target: `/service-${Math.floor(i / 5)}/${unique}` }),
  },
  {
    name: "regexes",
    route: (i) => ({ paths: [`~/service-${i}/(?<id>[^/]+)$`] }),
    request: (i, unique) => ({ target: `/service-${i}/${unique}` }),
  },
  {
    name: "one path, header values",
    route: (i) => ({ paths: ["/api"], headers: { "x-tenant": [`tenant-${i}`] } }),
    request: (i, unique) => ({ target: `/api/${unique}`, headers: { ...HEADERS, "x-tenant": flat(`tenant-${i}`) } }),
  },
  {
    name: "no match",
    route: (i) => ({ paths: [`/service-${i}`] }),
    request: (i, unique) => ({ target: `/other-${i}/${unique}` }),
  },
];

/** A string such as a parser makes: one piece of memory, not known to the engine's table of strings. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function build(table: Table, size: number): Router<number> {
  return buildRouter(
    Array.from({ length: size }, (_, i) => ({
      route: {
        id: `00000000-0000-4000-8000-${i.toString(16).padStart(12, "0")}`,
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
        ...table.route(i),
      },
      value: i,
    })),
  );
}

function requestsFor(table: Table, size: number, used: number): RoutingRequest[] {
  return Array.from({ length: REQUESTS }, (_, n) => {
    // A fixed stride visits the routes in no helpful order.
    const fields = table.request((((n * 7_919) % used) * size) / used, (n * 2_654_435_761).toString(36));
    const host = flat(fields.host ?? "gateway.example.com");
    return {
      method: "GET",
      headers: HEADERS,
      scheme: "http",
      sni: undefined,
      port: 80,
      ...fields,
      host,
      target: flat(fields.target ?? "/"),
    };
  });
}

/** Nanoseconds per match over one round. */
function round(router: Router<number>, requests: readonly RoutingRequest[]): number {
  let sink = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < requests.length; i++) sink += router.match(requests[i] as RoutingRequest)?.path.length ?? 1;
  const nanoseconds = Number(process.hrtime.bigint() - start);
  if (sink === 0) throw new Error("nothing was measured");
  return nanoseconds / requests.length;
}

console.log(
  "table".padEnd(26),
  ...SIZES.map((size) => String(size).padStart(10)),
  "       hot",
  " hot/first",
  "     build of the largest",
);
for (const table of TABLES) {
  let buildTime = 0;
  const cases = SIZES.map((size) => {
    const start = performance.now();
    const router = build(table, size);
    buildTime = performance.now() - start;
    return { router, requests: requestsFor(table, size, size), best: Number.POSITIVE_INFINITY };
  });
  const largest = SIZES.at(-1) ?? 0;
  const router = cases.at(-1)?.router ?? build(table, largest);
  cases.push({ router, requests: requestsFor(table, largest, 10), best: Number.POSITIVE_INFINITY });
  // The sizes take turns, so that a disturbance hits all of them; the best round counts.
  for (let i = 0; i < ROUNDS; i++) {
    for (const one of cases) one.best = Math.min(one.best, round(one.router, one.requests));
  }
  const [first, hot] = [cases[0]?.best ?? 1, cases.at(-1)?.best ?? 0];
  console.log(
    table.name.padEnd(26),
    ...cases.map(({ best }) => `${best.toFixed(0)} ns`.padStart(10)),
    (hot / first).toFixed(2).padStart(10),
    `${buildTime.toFixed(0)} ms`.padStart(20),
  );
}
