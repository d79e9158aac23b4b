import fc from "fast-check";
import { createGateway } from "postern";
import { expect, it } from "vitest";
import { entityExamples } from "../../src/admin/openapi/examples.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { type Documented, DocumentReader } from "./documented.js";
import { type LiveGateway, silent } from "./live.js";
import { describeModes, type Mode } from "./modes.js";
import { spoiled, valuesOf } from "./schema-arbitrary.js";

// Everything that the document says about answers is asked of the API, with requests that are made up from the document.

const id = "9748f662-7711-4a90-8186-dc02f10eb0f5";
const definitions = Object.values(entityDefinitions(loadPlugins().all));

/** A record of each entity, all with the same id, so that each example refers to something that there is. */
const records = new Map(
  definitions
    .filter(({ view, dbExport, name, primaryKey }) => !view && dbExport && name !== "workspaces" && primaryKey[0] === "id")
    .map((definition) => [definition.name, { ...entityExamples(definition)?.input, id }]),
);
const world = { _format_version: "3.0", ...Object.fromEntries([...records].map(([name, record]) => [name, [record]])) };

const reader = new DocumentReader(JSON.parse(JSON.stringify(createGateway({ logger: silent }).openapi())));
const operations = reader.operations();

const anyKey = fc.oneof(
  fc.constant(id),
  fc.uuid(),
  fc.constantFrom("%00", "%zz", "a%2Fb", "%F0%9F%98%80", "a".repeat(400), "key-auth", "services", "10.0.0.1:8080", "debug"),
  fc
    .string({ minLength: 1, maxLength: 8 })
    .filter((text) => !/^\.+$/.test(text))
    .map(encodeURIComponent),
);

function pathOf({ pattern, pathNames }: Documented): fc.Arbitrary<string> {
  const values = pathNames.map((name) => {
    const definition = definitions.find((one) => one.name === name);
    const key = records.get(name)?.[(definition?.endpointKey ?? "id") as "id"];
    return fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(id, encodeURIComponent(key ?? id)) },
      { weight: 1, arbitrary: anyKey },
    );
  });
  return fc
    .tuple(...values)
    .map((given) => pathNames.reduce((path, name, at) => path.replace(`{${name}}`, () => given[at] ?? ""), pattern));
}

function queryOf({ query }: Documented): fc.Arbitrary<string> {
  const pairs = query.map(({ name, schema }) =>
    fc.option(
      fc
        .oneof(
          valuesOf(schema, (one) => reader.resolve(one)).map(String),
          fc.constantFrom("", "-1", "0", "1001", "1e9", "NaN", "a,b/c", ",", "a,,b", "a,b,c,d,e,f", "\u0000"),
          fc.string(),
        )
        .map((value) => `${name}=${encodeURIComponent(value)}`),
      { freq: 3, nil: undefined },
    ),
  );
  return fc.tuple(...pairs).map((given) => given.filter((pair) => pair !== undefined).join("&"));
}

interface Sent {
  readonly path: string;
  readonly body: unknown;
  readonly asForm: boolean;
}

function requestTo(operation: Documented): fc.Arbitrary<Sent> {
  const { body } = operation;
  const right = body === undefined ? fc.constant(undefined) : valuesOf(body, (one) => reader.resolve(one));
  const bodies =
    body === undefined ? right : fc.oneof({ weight: 3, arbitrary: right }, { weight: 2, arbitrary: right.chain(spoiled) });
  return fc
    .record({
      path: pathOf(operation),
      query: queryOf(operation),
      body: bodies,
      asForm: fc.boolean().map((form) => form && body !== undefined),
    })
    .map(({ path, query, ...rest }) => ({ path: query === "" ? path : `${path}?${query}`, ...rest }));
}

/** The pairs of a form: `config.minute=5`, `paths[1]=/a`. */
function formOf(value: unknown, name = ""): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((member, at) => formOf(member, `${name}[${at + 1}]`));
  if (typeof value !== "object" || value === null) return [[name, value === null ? "" : String(value)]];
  return Object.entries(value).flatMap(([key, member]) => formOf(member, name === "" ? key : `${name}.${key}`));
}

/** Kong's language has one kind of empty table, so `{}` and `[]` stand for each other. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).map(([key, member]) => [key, withoutEmpty(member)] as const);
  return Object.fromEntries(
    kept.filter(([, member]) => typeof member !== "object" || member === null || Object.keys(member).length > 0),
  );
}

async function answersByTheDocument(node: LiveGateway, operation: Documented, sent: Sent): Promise<void> {
  const { method, id: what } = operation;
  const { path, body, asForm } = sent;
  const payload = body === undefined ? undefined : asForm ? new URLSearchParams(formOf(body)) : JSON.stringify(body);
  const headers = typeof payload === "string" ? { "content-type": "application/json" } : {};
  const answer = await node.ask(method, path, payload as string | undefined, headers);
  const told = `${what}: ${method} ${path} ${String(payload)} → ${answer.status} ${answer.text.slice(0, 500)}`;
  expect(answer.status, told).not.toBe(500);
  const fault = operation.answerFault(
    answer.status,
    answer.headers.get("content-type"),
    answer.text === "" ? undefined : (answer.body ?? answer.text),
  );
  expect(fault, told).toBeUndefined();
  // What the document refuses, the API refuses; the other way round there are rules that schemas have no words for.
  if (answer.status >= 300 || typeof payload !== "string") return;
  expect(operation.bodyFault(looked(operation, JSON.parse(payload))), told).toBeUndefined();
}

/** A body without what is passed over: the reference to the parent that the path names, and in a replacement the key. */
function looked({ tag, method, pathNames }: Documented, body: object): Readonly<Record<string, unknown>> {
  const { fields = {}, endpointKey } = definitions.find(({ name }) => name === tag) ?? {};
  const left = withoutEmpty(body) as Record<string, unknown>;
  const [parent] =
    Object.entries(fields).find(([, { reference }]) => reference !== undefined && reference === pathNames[0]) ?? [];
  if (parent !== undefined && parent in left) left[parent] = { id };
  if (method === "PUT") for (const key of ["id", endpointKey ?? "id"]) delete left[key];
  return left;
}

/** Where everything is there, what is asked for rightly is answered rightly. */
async function drive(node: LiveGateway, runs: number): Promise<Map<string, Set<number>>> {
  const seen = new Map<string, Set<number>>();
  let isWhole = false;
  for (const operation of operations) {
    const statuses = new Set<number>();
    seen.set(operation.id, statuses);
    if (!isWhole) await node.gateway.loadConfig(world, { checkHash: false });
    isWhole = operation.method === "GET";
    const counting: LiveGateway = {
      ...node,
      ask: async (...request) => {
        const answer = await node.ask(...request);
        statuses.add(answer.status);
        return answer;
      },
    };
    await fc.assert(
      fc.asyncProperty(requestTo(operation), (sent) => answersByTheDocument(counting, operation, sent)),
      { numRuns: operation.body === undefined ? Math.ceil(runs / 2) : runs, endOnFailure: true },
    );
  }
  return seen;
}

/** Requests to each operation. */
const runs: Readonly<Record<Mode, number>> = { off: 4, memory: 6, postgres: 3 };

describeModes("every operation of the document", ["off", "memory", "postgres"], (start, mode) => {
  it("answers what it says, whatever it is asked", async () => {
    await using node = await start();
    const seen = await drive(node, runs[mode]);
    expect(seen.size).toBe(operations.length);
    const hasDone = (name: string): boolean => [...(seen.get(name) ?? [])].some((status) => status < 300);
    if (mode === "off") {
      const writes = operations.filter(({ method, id: name }) => method !== "DELETE" && /^(create|upsert|update)/.test(name));
      expect(writes.filter(({ id: name }) => hasDone(name))).toEqual([]);
    } else {
      // The requests are good enough to get through: many operations have done what they are for.
      expect(operations.filter(({ id: name }) => hasDone(name)).length).toBeGreaterThan(operations.length / 3);
    }
  }, 180_000);
});
