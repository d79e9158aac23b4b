/** One measurement of the store benchmark, in a process of its own (`--expose-gc`). */
import { readFileSync } from "node:fs";
import { loadDeclarative } from "../../../src/declarative/load.js";
import { loadPlugins } from "../../../src/gateway-plugins.js";
import { entityDefinitions } from "../../../src/gateway-store.js";
import { compileJsonSchema } from "../../../src/schema/ajv.js";
import { toJsonSchema } from "../../../src/schema/json-schema.js";
import { offStore } from "../../../src/store/strategies/off/off-store.js";
import { EntityState } from "../../../src/store/tables/entity-state.js";
import { median } from "../statistics.js";
import { benchDocument } from "./document.js";

/** What a measurement tells its parent. Microseconds and bytes. */
export interface LoadFigures {
  /** In a fresh process. */
  readonly cpu: number;
  /** The same again, with compiled code: a reload. */
  readonly again: number;
  readonly heap: number;
}

/** Nanoseconds per call. */
export type SelectFigures = Readonly<Record<string, number>>;

type Lists = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

const definitions = entityDefinitions(loadPlugins().all);
const entities = Object.values(definitions);

function load(text: string): EntityState {
  return new EntityState(entities, loadDeclarative(text, { entities }).state);
}

/** What a user who only wants to know whether the document is right would write: ajv, one compiled schema per list. */
function bareAjv(): (document: Lists) => void {
  const names = ["services", "routes", "plugins", "consumers", "keyauth_credentials"];
  const validators = names.map((name) => {
    const definition = definitions[name];
    if (definition === undefined) throw new Error(`no entity is named '${name}'`);
    return [name, compileJsonSchema({ type: "array", items: toJsonSchema(definition, { textReferences: true }) })] as const;
  });
  return (document) => {
    for (const [name, validate] of validators) {
      if (!validate(document[name])) throw new Error(JSON.stringify(validate.errors?.[0]));
    }
  };
}

function collect(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Heap that the result keeps, CPU (user and system, collector's threads included) to make it. */
function measureLoad(text: string, run: (text: string) => unknown): LoadFigures {
  run(JSON.stringify(benchDocument(500)));
  const before = collect();
  const timed = (): { result: unknown; cpu: number } => {
    const started = process.cpuUsage();
    const result = run(text);
    const { user, system } = process.cpuUsage(started);
    return { result, cpu: user + system };
  };
  const first = timed();
  const heap = collect() - before;
  const second = timed();
  // Until here the first result must not be garbage.
  if (first.result === second.result) throw new Error("nothing was loaded");
  return { cpu: first.cpu, again: second.cpu, heap };
}

const rounds = 5;

/** CPU time, since the machine may have other work, of the middle round of several: in nanoseconds per call. */
async function perCall(count: number, run: (count: number) => void | Promise<void>): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const started = process.cpuUsage();
    await run(count);
    const { user, system } = process.cpuUsage(started);
    // The first round compiles.
    if (round > 0) figures.push(((user + system) * 1000) / count);
  }
  return median(figures);
}

function atOnce(count: number, call: (index: number) => unknown): Promise<number> {
  return perCall(count, (calls) => {
    for (let index = 0; index < calls; index++) if (call(index) === undefined) throw new Error("not found");
  });
}

function awaited(count: number, call: (index: number) => Promise<unknown>): Promise<number> {
  return perCall(count, async (calls) => {
    for (let index = 0; index < calls; index++) if ((await call(index)) === undefined) throw new Error("not found");
  });
}

async function measureSelects(text: string): Promise<SelectFigures> {
  const state = load(text);
  const { consumers, keyauth_credentials: keys } = offStore(definitions, { state: () => state });
  if (consumers === undefined || keys === undefined) throw new Error("entities are missing");
  const users = state.all("consumers");
  const user = (index: number) => users[(index * 7919) % users.length] as Record<string, string>;
  const allKeys = state.all("keyauth_credentials");
  const key = (index: number): string => (allKeys[(index * 7919) % allKeys.length] as { key: string }).key;
  const count = 100_000;
  return {
    "snapshot select": await atOnce(count, (index) => state.select("consumers", user(index).id as string)),
    "snapshot selectBy": await atOnce(count, (index) => state.selectBy("consumers", "username", user(index).username)),
    "snapshot selectByCacheKey": await atOnce(count, (index) => state.selectByCacheKey("keyauth_credentials", key(index))),
    "DAO select": await awaited(count, (index) => consumers.select(user(index).id as string)),
    "DAO selectBy": await awaited(count, (index) => consumers.selectBy("username", user(index).username)),
    "DAO selectByCacheKey": await awaited(count, (index) => keys.selectByCacheKey(key(index))),
  };
}

const [kind, file] = process.argv.slice(2);
const text = readFileSync(file as string, "utf8");
let figures: LoadFigures | SelectFigures;
if (kind === "parse") figures = measureLoad(text, JSON.parse);
else if (kind === "ajv") {
  const validate = bareAjv();
  figures = measureLoad(text, (content) => {
    const document = JSON.parse(content) as Lists;
    validate(document);
    return document;
  });
} else if (kind === "load") figures = measureLoad(text, load);
else figures = await measureSelects(text);
process.stdout.write(JSON.stringify(figures));
