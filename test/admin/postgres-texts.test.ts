import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LiveGateway } from "./live.js";
import { describeModes } from "./modes.js";

describeModes("texts that PostgreSQL does not take", ["memory", "postgres"], (start, mode) => {
  let node: LiveGateway;
  beforeAll(async () => {
    node = await start();
  });
  afterAll(() => node[Symbol.asyncDispose]());

  it("lead nowhere when they have null characters", async () => {
    const route = { paths: ["/x"], service: { name: "a\u0000b" } };
    expect(await node.ask("POST", "/routes", route)).toMatchObject({ status: 400, body: { code: 13 } });
    const key = { consumer: { username: "a\u0000b" } };
    expect(await node.ask("POST", "/key-auths", key)).toMatchObject({ status: 400, body: { code: 13 } });
    await expect(node.gateway.db.consumers.updateBy("username", "a\u0000b", {})).rejects.toMatchObject({ code: 6 });
    await node.gateway.db.consumers.deleteBy("username", "a\u0000b");
    const { status } = await node.ask("GET", "/sessions?offset=WyJcdTAwMDAiXQ");
    expect(status).toBeLessThan(500);
  });

  if (mode === "memory") return;

  describe("since they do not fit into an index", () => {
    // Random, so that it cannot be compressed.
    const long = randomBytes(8000).toString("hex");

    it.each([
      ["/consumers", { username: long }, "username"],
      ["/services", { host: "x.test", tags: [long] }, "tags"],
    ])("are refused by name: %s", async (path, body, field) => {
      expect(await node.ask("POST", path, body)).toMatchObject({
        status: 400,
        body: { code: 2, fields: { [field]: "too long for an index of PostgreSQL" } },
      });
    });
  });
});
