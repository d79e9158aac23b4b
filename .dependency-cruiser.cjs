/**
 * The room rule: each room of src/ imports only from the rooms above it. The table is the one that the design draws; `errors`, `util` and
 * the types of `entities` are open to every room below them.
 */
const rooms = {
  errors: {},
  util: { values: ["errors"] },
  schema: { values: ["errors", "util"] },
  vaults: { values: ["errors", "util", "schema"] },
  entities: { values: ["errors", "util", "schema", "vaults"] },
  store: { values: ["errors", "util", "schema"], types: ["entities"] },
  declarative: { values: ["errors", "util", "schema", "store"], types: ["entities"] },
  router: { values: ["errors", "util"], types: ["entities", "schema"] },
  balancer: { values: ["errors", "util"], types: ["entities", "schema"] },
  proxy: { values: ["errors", "util"], types: ["entities", "schema"] },
  pdk: { values: ["errors", "util", "vaults"], types: ["entities", "schema", "store", "proxy"] },
  "plugin-runner": { values: ["errors", "util", "schema", "pdk"], types: ["entities", "store", "proxy"] },
  plugins: { values: ["errors", "util", "schema", "pdk", "plugin-runner"], types: ["entities"] },
  runtime: {
    values: "errors util schema vaults entities store declarative router balancer proxy pdk plugin-runner".split(" "),
  },
  admin: { values: ["errors", "util", "schema", "store", "declarative"], types: ["entities", "runtime"] },
  "admin-client": { values: ["errors", "schema", "entities", "plugins", "admin"], types: ["store"] },
};

/** A source file directly in src/ that is not the public surface: `gateway.ts` and what belongs to it. */
const gateway = "^src/(?!index\\.)[^/]+\\.ts$";
const outer = {
  adapters: { values: ["errors", "util"] },
  cli: { values: ["errors", "util", "schema", "declarative"], types: ["store"] },
  testing: { values: ["errors", "util"], types: ["entities", "schema", "pdk", "plugin-runner"] },
};

/** Needed by some requests or some users only: `import "postern"` must not load them. */
const lazyPackages = (
  "ajv luaparse yaml undici http-proxy-3 pg cassandra-driver ioredis redis prom-client " +
  "koa fastify fastify-plugin hono @hono/node-server express ws commander"
).split(" ");

const TYPES = ["type-only", "type-import"];
const folders = (names) => names.map((name) => `^src/${name}/`);

function roomRules(name, { values = [], types = [] }, alsoFiles = []) {
  const own = [`^src/${name}/`, ...alsoFiles];
  const comment = `${name}/ may import ${[...values].join(", ") || "nothing"}${types.length > 0 ? `, and types of ${types.join(", ")}` : ""}`;
  const from = { path: `^src/${name}/` };
  return [
    {
      name: `room-${name}`,
      comment,
      severity: "error",
      from,
      to: { path: "^src/", pathNot: [...own, ...folders(values)], dependencyTypesNot: TYPES },
    },
    {
      name: `room-${name}-types`,
      comment,
      severity: "error",
      from,
      to: { path: "^src/", pathNot: [...own, ...folders(values), ...folders(types)], dependencyTypes: TYPES },
    },
  ];
}

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(rooms).flatMap(([name, room]) => roomRules(name, room)),
    ...Object.entries(outer).flatMap(([name, room]) => roomRules(name, room, [gateway])),
    {
      name: "room-plugin-alone",
      comment: "Plugins never import each other: any of them could be a package of its own.",
      severity: "error",
      from: { path: "^src/plugins/([^/]+)/" },
      to: { path: "^src/plugins/", pathNot: "^src/plugins/$1/" },
    },
    {
      name: "room-known",
      comment: "A new folder of src/ needs a row in the table of .dependency-cruiser.cjs.",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: folders([...Object.keys(rooms), ...Object.keys(outer)]) },
      to: {},
    },
    {
      name: "nobody-imports-the-public-surface",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/index\\.ts$" },
    },
    {
      name: "gateway-below-adapters",
      severity: "error",
      from: { path: gateway },
      to: { path: folders(Object.keys(outer)) },
    },
    {
      name: "no-cycles",
      comment: "Modules that need each other at run time depend on the order in which they load.",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: TYPES } },
    },
    {
      name: "lazy-packages",
      comment: "Import the types only, and get the value through lazyRequire.",
      severity: "error",
      from: { path: "^src/" },
      to: {
        path: `(^|/)node_modules/(${lazyPackages.join("|")})/`,
        dependencyTypesNot: TYPES,
        dynamic: false,
      },
    },
    {
      name: "own-dependencies-only",
      comment: "What src/ imports at run time must be among our dependencies, or users lack it.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: TYPES },
    },
    {
      name: "no-test-code-in-src",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(test|examples|docs)/" },
    },
    { name: "resolvable", severity: "error", from: { path: "^src/" }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
