import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CheckedDocument, checkDocument, loadDeclarative, Refused } from "../../src/declarative/load.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";
import { runAtOnce, runInSlices } from "../../src/util/steps.js";
import { bundledEntities } from "./bundled.js";
import { now } from "./support.js";

const context = { entities: bundledEntities, now };

type Document = Readonly<Record<string, unknown>>;

const name = fc.constantFrom("a", "b", "c", "d", "e");
const plugin = fc.record({ name: fc.constantFrom("cors", "key-auth", "rate-limiting"), config: fc.constant({ minute: 5 }) });
const plugins = fc.uniqueArray(plugin, { selector: (one) => one.name, maxLength: 2 });
const route = fc.record(
  { name: name.map((one) => `r${one}`), paths: fc.constantFrom(["/a"], ["/b", "/c"]), plugins },
  { requiredKeys: ["paths"] },
);
const service = fc.record(
  {
    name,
    host: fc.constantFrom("x.test", "y.test"),
    routes: fc.array(route, { maxLength: 2 }),
    plugins,
    id: fc.constant(undefined),
  },
  { requiredKeys: ["name", "host"] },
);
const consumer = fc.record(
  {
    username: name,
    basicauth_credentials: fc.array(fc.record({ username: name, password: name }), { maxLength: 1 }),
    acls: fc.uniqueArray(fc.record({ group: name }), { selector: ({ group }) => group, maxLength: 2 }),
  },
  { requiredKeys: ["username"] },
);
const document: fc.Arbitrary<Document> = fc.record({
  _format_version: fc.constantFrom("3.0", "3.0", "3.0", "2.1"),
  services: fc.uniqueArray(service, { selector: (one) => one.name, maxLength: 5 }),
  consumers: fc.uniqueArray(consumer, { selector: ({ username }) => username, maxLength: 4 }),
  routes: fc.array(fc.record({ name, paths: fc.constant(["/top"]), service: name }), { maxLength: 1 }),
});

/** What comes of a document, faults included, in a form that can be compared. Ids that are random everywhere are left out. */
function outcome(run: () => CheckedDocument): unknown {
  try {
    const { state, entities, counts, hash, findings } = run();
    return { state: rowsOf(state), entities: rowsOf(entities), counts, hash, findings: findings.length };
  } catch (error) {
    if (error instanceof Refused) return error.shown(undefined).toJSON();
    throw error;
  }
}

function rowsOf(state: CheckedDocument["state"]): unknown {
  return [...state].map(([entity, rows]) => [entity, [...rows.values()].map(withoutRandomId).sort(asTexts)]);
}

/** A route without a name gets another id each time. */
function withoutRandomId(row: Document): unknown {
  return JSON.parse(JSON.stringify(row), (key, value: unknown) => (key === "id" ? undefined : value));
}

function asTexts(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

describe("a load", () => {
  it("has the same outcome in one go and in slices", async () => {
    let total = 0;
    await fc.assert(
      fc.asyncProperty(document, async (given) => {
        let slices = 0;
        const sliced = await runInSlices(checkDocument({ document: given }, context), {
          budgetMs: 0,
          onSlice: () => {
            slices += 1;
          },
        }).then(
          (checked) => () => checked,
          (error: unknown) => () => {
            throw error;
          },
        );
        expect(outcome(sliced)).toEqual(outcome(() => runAtOnce(checkDocument({ document: given }, context))));
        total += slices;
      }),
      { numRuns: 60 },
    );
    expect(total).toBeGreaterThan(60);
  });

  it("that follows another has the outcome of a first one", () => {
    fc.assert(
      fc.property(document, document, fc.boolean(), (first, second, same) => {
        const next = same ? structuredClone(first) : second;
        let before: CheckedDocument;
        try {
          before = runAtOnce(checkDocument({ document: first }, context, { copy: true }));
        } catch {
          fc.pre(false);
          return;
        }
        const following = outcome(() =>
          runAtOnce(checkDocument({ document: next }, context, { before: before.kept, copy: true })),
        );
        expect(following).toEqual(outcome(() => runAtOnce(checkDocument({ document: next }, context))));
      }),
      { numRuns: 300 },
    );
  });
});

describe("what has not changed", () => {
  const services = (hosts: readonly string[]) =>
    hosts.map((host, index) => ({ name: `s${index}`, host, routes: [{ name: `r${index}`, paths: [`/${index}`] }] }));
  const check = (document: Document, before?: CheckedDocument): CheckedDocument =>
    runAtOnce(checkDocument({ document }, context, { copy: true, ...(before ? { before: before.kept } : {}) }));
  const rows = (checked: CheckedDocument, entity: string) => [...(checked.state.get(entity)?.values() ?? [])];

  it("is the same record, and the same map where nothing of an entity has changed", () => {
    const first = check({ _format_version: "3.0", services: services(["a.test", "b.test", "c.test"]) });
    const second = check({ _format_version: "3.0", services: services(["a.test", "x.test", "c.test"]) }, first);
    expect(second.state.get("routes")).toBe(first.state.get("routes"));
    expect(second.state.get("services")).not.toBe(first.state.get("services"));
    const same = rows(second, "services").map((row, index) => row === rows(first, "services")[index]);
    expect(same).toEqual([true, false, true]);
  });

  it("is found where records were added, removed and moved", () => {
    const [a, b, c, d] = services(["a.test", "b.test", "c.test", "d.test"]);
    const first = check({ _format_version: "3.0", services: [a, b, c] });
    const second = check({ _format_version: "3.0", services: [c, d, a] }, first);
    const known = new Set(rows(first, "services"));
    expect(rows(second, "services").map((row) => known.has(row))).toEqual([true, false, true]);
  });

  it("is not what the caller has changed in his object meanwhile", () => {
    const document = { _format_version: "3.0", services: [{ name: "s", host: "a.test", tags: ["one"] }] };
    const first = check(document);
    document.services[0]?.tags.push("two");
    expect(rows(check(document, first), "services")[0]?.tags).toEqual(["one", "two"]);
  });

  it("is not a record that refers to something else by the same name", () => {
    const id = "11111111-2222-4333-8444-555555555555";
    const routes = [{ name: "r", paths: ["/"], service: "s" }];
    const first = check({ _format_version: "3.0", services: [{ name: "s", host: "a.test" }], routes });
    const second = check({ _format_version: "3.0", services: [{ id, name: "s", host: "a.test" }], routes }, first);
    expect(rows(second, "routes")[0]?.service).toEqual({ id });
  });

  it("does not hide that a record is there twice", () => {
    const [a, b] = services(["a.test", "b.test"]);
    const first = check({ _format_version: "3.0", services: [a, b] });
    expect(() => check({ _format_version: "3.0", services: [a, a] }, first)).toThrow(Refused);
    expect(() => loadDeclarative({ _format_version: "3.0", services: [a, a] }, context)).toThrow(DeclarativeConfigError);
  });
});
