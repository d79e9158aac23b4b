import { afterAll, beforeAll, expect, it } from "vitest";
import type { LiveGateway } from "../live.js";
import { describeModes } from "../modes.js";

// §7, and the lists of §10 that have rules of their own.

const names = Array.from({ length: 7 }, (_, index) => `s${index}`);
const declarativeConfig = {
  _format_version: "3.0",
  services: names.map((name, index) => ({
    name,
    host: "h.test",
    tags: index % 2 === 0 ? ["even", name] : ["odd", name],
    ...(name === "s0" ? { routes: names.map((route) => ({ name: route, paths: [`/${route}`], tags: ["even"] })) } : {}),
  })),
  consumers: [
    { username: "ann", custom_id: "a 1", tags: ["even"] },
    { username: "bob", custom_id: "b" },
  ],
};

describeModes("lists", ["off", "memory", "postgres"], (start) => {
  let node: LiveGateway;
  beforeAll(async () => {
    node = await start({ declarativeConfig });
  });
  afterAll(() => node[Symbol.asyncDispose]());

  /** Follows `next` to the end. */
  async function pages(path: string): Promise<{ records: { id: string; name: string }[]; nexts: string[] }> {
    const records: { id: string; name: string }[] = [];
    const nexts: string[] = [];
    let next: string | null = path;
    while (next !== null) {
      const { status, body } = await node.ask("GET", next);
      expect(status).toBe(200);
      expect("offset" in body).toBe(body.next !== null);
      records.push(...body.data);
      next = body.next as string | null;
      if (next !== null) nexts.push(next);
    }
    return { records, nexts };
  }

  it("are in the order of their ids, page after page", async () => {
    const { records, nexts } = await pages("/services?size=3");
    expect(records.map(({ name }) => name).sort()).toEqual(names);
    expect(records.map(({ id }) => id)).toEqual(records.map(({ id }) => id).sort());
    expect(nexts).toHaveLength(2);
    for (const next of nexts) expect(next).toMatch(/^\/services\?offset=[^&]+&size=3$/);
  });

  it("end without an offset, also where the last page is full", async () => {
    expect((await node.ask("GET", "/services?size=7")).body).toMatchObject({ next: null });
    expect((await node.ask("GET", "/services?size=7")).body).not.toHaveProperty("offset");
  });

  it("below a parent name it as the client did, and page too", async () => {
    const { records, nexts } = await pages("/services/s0/routes?size=6");
    expect(records).toHaveLength(7);
    expect(nexts[0]).toMatch(/^\/services\/s0\/routes\?offset=[^&]+$/);
    expect((await node.ask("GET", "/services/s0/routes?tags=odd")).body.data).toHaveLength(7);
    for (const tags of ["", "a,b/c", "a,b,c,d,e,f"]) {
      expect(await node.ask("GET", `/services/s0/routes?tags=${tags}`)).toMatchObject({ status: 400, body: { code: 11 } });
    }
  });

  it.each([
    ["even", 4],
    ["even,s0", 1],
    ["s0/s1", 2],
    ["even,odd", 0],
    ["none", 0],
    ["none&tags=even", 0],
  ])("can be narrowed down: tags=%s", async (tags, count) => {
    expect((await pages(`/services?size=2&tags=${tags}`)).records).toHaveLength(count);
  });

  it("pass over arguments that they do not know", async () => {
    expect((await node.ask("GET", "/services?x=1&custom_id=5")).status).toBe(200);
  });

  it.each([
    ["size=x", 9, "invalid size", "size must be a number"],
    ["size=0", 9, "invalid size", "size must be an integer between 1 and 1000"],
    ["size=1001", 9, "invalid size", "size must be an integer between 1 and 1000"],
    ["offset=*", 7, "invalid offset", "'*' is not a valid offset: bad base64 encoding"],
    ["size=-1", 9, "invalid size", "size must be an integer between 1 and 1000"],
    ["size=1e9", 9, "invalid size", "size must be an integer between 1 and 1000"],
    ["size=1.5", 9, "invalid size", "size must be an integer between 1 and 1000"],
    ["size", 9, "invalid size", "size must be a number"],
    ["offset=", 7, "invalid offset", "'' is not a valid offset: bad base64 encoding"],
    ["offset", 7, "invalid offset", "'' is not a valid offset: bad base64 encoding"],
    ["offset=W10", 7, "invalid offset", "'W10' is not a valid offset: bad json encoding"],
    ["offset=eyJhIjoxfQ", 7, "invalid offset", "'eyJhIjoxfQ' is not a valid offset: bad json encoding"],
    ["tags", 11, "invalid options", "invalid option (tags: cannot be null)"],
    ["tags=,", 11, "invalid options", "invalid option (tags: invalid filter syntax)"],
    ["tags=a,", 11, "invalid options", "invalid option (tags: invalid filter syntax)"],
    ["tags=", 11, "invalid options", "invalid option (tags: cannot be null)"],
    ["tags=a,b/c", 11, "invalid options", "invalid option (tags: invalid filter syntax)"],
    ["tags=a,b,c,d,e,f", 11, "invalid options", "invalid option (tags: cannot query more than 5 tags)"],
  ])("refuse %s", async (query, code, name, message) => {
    expect(await node.ask("GET", `/services?${query}`)).toMatchObject({ status: 400, body: { code, name, message } });
  });

  it("GET /consumers?custom_id= finds the one", async () => {
    expect((await node.ask("GET", "/consumers?custom_id=a%201")).body).toMatchObject({ data: [{ username: "ann" }], next: null });
    expect((await node.ask("GET", "/consumers?custom_id=none")).body).toEqual({ data: [], next: null });
    for (const query of ["custom_id=", "custom_id", "custom_id=a&custom_id=b"]) {
      expect(await node.ask("GET", `/consumers?${query}`)).toMatchObject({
        status: 400,
        body: { message: "custom_id must be an unempty string" },
      });
    }
  });

  it("/tags lists all tags, /tags/{tag} what has one", async () => {
    const { records, nexts } = await pages("/tags?size=5&tags=ignored");
    expect(records).toHaveLength(7 * 2 + 7 + 1);
    expect(nexts.length).toBeGreaterThan(2);
    expect(Object.keys(records[0] as object).sort()).toEqual(["entity_id", "entity_name", "tag"]);
    const odd = (await pages("/tags/odd?size=2")).records as unknown as Record<string, string>[];
    expect(odd.map(({ entity_name, tag }) => `${entity_name} ${tag}`)).toEqual(Array(3).fill("services odd"));
    expect((await pages("/tags/even?size=4")).records).toHaveLength(4 + 7 + 1);
    expect((await node.ask("GET", "/tags/none")).body).toEqual({ data: [], next: null });
    expect(await node.ask("GET", "/tags/a%2Cb")).toMatchObject({ status: 400, body: { code: 10 } });
  });

  it.each([
    ["POST", "/tags"],
    ["PUT", "/tags/x"],
    ["PATCH", "/tags/even"],
    ["DELETE", "/tags/even"],
  ])("%s %s is refused", async (method, path) => {
    const body = method === "DELETE" ? undefined : { tag: "x", entity_name: "services" };
    expect(await node.ask(method, path, body)).toMatchObject({
      status: 400,
      body: { code: 2, message: "schema violation (tags: does not support insert/upsert/update/delete operations)" },
    });
  });
});
