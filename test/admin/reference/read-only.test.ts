import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type LiveGateway, live } from "../live.js";
import { rows as allRows, parents, type Row } from "./rows.js";

// §6 without a database: every write is answered after its checks.

/** Sessions are in no document, so without a database there are none. */
const rows = allRows.filter(({ entity }) => entity !== "sessions");
const ids = new Map<Row, string>(rows.map((row) => [row, randomUUID()]));
const keys = new Map<Row, string>();

let node: LiveGateway;
beforeAll(async () => {
  // Where records can be written, one of each row is made, and all of them are taken along.
  await using writable = await live({ database: "memory", declarativeConfig: parents });
  for (const row of rows) {
    const { path, body, key } = row;
    const made = await writable.ask("POST", path, { ...body(), id: ids.get(row) });
    expect(made, `${path}: ${made.text}`).toMatchObject({ status: 201 });
    if (key !== undefined) keys.set(row, String(made.body[key]));
  }
  node = await live({ declarativeConfigString: await writable.gateway.exportConfig() });
});
afterAll(() => node[Symbol.asyncDispose]());

const refused = (message: string) => ({
  status: 405,
  body: { code: 12, name: "operation unsupported", message: `${message} when not using a database` },
});
const none = { status: 404, body: { message: "Not found" } };

describe.each(rows)("$path without a database", (row) => {
  const { path, entity, body, bad, change } = row;
  const isNested = path.lastIndexOf("/") > 0;
  const ask = (method: string, at: string, given?: Record<string, unknown>): Promise<Answer> =>
    node.ask(method, `${path}${at}`, given);

  it("shows what is there", async () => {
    expect(await ask("GET", `/${ids.get(row)}`)).toMatchObject({ status: 200, body: { id: ids.get(row) } });
    if (keys.has(row)) expect(await ask("GET", `/${keys.get(row)}`)).toMatchObject({ status: 200, body: { id: ids.get(row) } });
    expect((await ask("GET", "")).body.data).toContainEqual(expect.objectContaining({ id: ids.get(row) }));
  });

  it("refuses to write it", async () => {
    const at = `/${ids.get(row)}`;
    expect(await ask("POST", "", body())).toMatchObject(refused(`cannot create '${entity}' entities`));
    for (const id of [at, `/${randomUUID()}`])
      expect(await ask("PUT", id, body())).toMatchObject(refused(`cannot create or update '${entity}' entities`));
    expect(await ask("PATCH", at, change)).toMatchObject(refused(`cannot update '${entity}' entities`));
    expect(await ask("DELETE", at)).toMatchObject(refused(`cannot remove '${entity}' entities`));
    expect(await ask("GET", at)).toMatchObject({ status: 200, body: { id: ids.get(row) } });
  });

  it("refuses to write it by its key", async () => {
    const { key = "id" } = row;
    // Below a consumer, the name of a group is looked up, and the membership is then written by its id.
    const by = key === "id" || entity === "acls" ? "" : ` by '${key}'`;
    const at = `/${keys.get(row) ?? ids.get(row)}`;
    const { [key]: _, ...rest } = body();
    expect(await ask("PUT", at, rest)).toMatchObject(refused(`cannot create or update '${entity}' entities${by}`));
    expect(await ask("PATCH", at, change)).toMatchObject(refused(`cannot update '${entity}' entities${by}`));
    expect(await ask("DELETE", at)).toMatchObject(refused(`cannot remove '${entity}' entities${by}`));
  });

  it("checks first", async () => {
    const at = `/${ids.get(row)}`;
    const violation = { status: 400, body: { code: 2, name: "schema violation" } };
    expect(await ask("POST", "", { ...body(), nonsense: 1 })).toMatchObject(violation);
    expect(await ask("PUT", at, { ...body(), nonsense: 1 })).toMatchObject(violation);
    expect(await ask("PATCH", at, bad)).toMatchObject(violation);
    const missing = `/${randomUUID()}`;
    expect(await ask("GET", missing)).toMatchObject(none);
    expect(await ask("PATCH", missing, {})).toMatchObject(isNested ? none : { status: 404, body: { code: 6 } });
    expect(await ask("DELETE", missing)).toMatchObject(isNested ? none : { status: 204 });
  });
});
