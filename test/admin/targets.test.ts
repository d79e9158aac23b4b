import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAdmin, type TestAdmin } from "./support.js";
import { ids, world } from "./world.js";

let admin: TestAdmin;
beforeAll(async () => {
  admin = await startAdmin(world);
});
afterAll(async () => admin[Symbol.asyncDispose]());

describe("targets", () => {
  it("are found by address below their own upstream", async () => {
    expect(await admin.ask("/upstreams/a/targets/10.0.0.1:8000")).toMatchObject({ body: { id: ids.targetA } });
    expect(await admin.ask("/upstreams/b/targets/10.0.0.1%3A8000")).toMatchObject({ body: { id: ids.targetB, weight: 0 } });
    expect(await admin.ask(`/upstreams/b/targets/${ids.targetA}`)).toMatchObject({ status: 404 });
  });

  it("are listed newest first, in pages that count", async () => {
    const targets = [1, 2, 3].map((host) => ({ target: `10.0.0.${host}:80`, created_at: 1000 + host }));
    await using many = await startAdmin({ _format_version: "3.0", upstreams: [{ name: "u", targets }] });
    const first = await many.ask("/upstreams/u/targets?size=2");
    const listed = (body: unknown) => (body as { data: { target: string }[] }).data.map(({ target }) => target);
    expect(listed(first.body)).toEqual(["10.0.0.3:80", "10.0.0.2:80"]);
    expect(first.body).toMatchObject({ next: "/upstreams/u/targets?offset=2", offset: "2" });
    expect(listed((await many.ask("/upstreams/u/targets?offset=2")).body)).toEqual(["10.0.0.1:80"]);
    expect(listed((await many.ask("/upstreams/u/targets/all")).body).sort()).toEqual([
      "10.0.0.1:80",
      "10.0.0.2:80",
      "10.0.0.3:80",
    ]);
    expect((await many.ask("/upstreams/u/targets?offset=x")).status).toBe(400);
  });

  it("are refused with Kong's words for a bad address", async () => {
    expect(await admin.send("POST", "/upstreams/a/targets", { target: "a b" })).toMatchObject({
      status: 400,
      body: { code: 2, fields: { target: "Invalid target; not a valid hostname or ip address" } },
    });
    expect(await admin.send("POST", "/upstreams/none/targets", { target: "a b" })).toMatchObject({ status: 404 });
  });

  it("can be marked, by address or id", async () => {
    const mark = (path: string, method = "PUT") => admin.ask(path, { method });
    expect(await mark("/upstreams/a/targets/10.0.0.1:8000/unhealthy")).toEqual({ status: 204, body: undefined });
    expect(await mark(`/upstreams/${ids.upstreamB}/targets/${ids.targetB}/healthy`, "POST")).toEqual({
      status: 204,
      body: undefined,
    });
    expect(admin.marks).toEqual(["a 10.0.0.1:8000 false", "b 10.0.0.1:8000 true"]);
    expect((await mark("/upstreams/a/targets/10.0.0.9:8000/healthy")).status).toBe(404);
    expect((await mark(`/upstreams/a/targets/${ids.targetB}/healthy`)).status).toBe(404);
    expect((await mark("/upstreams/none/targets/10.0.0.1:8000/healthy")).status).toBe(404);
  });

  it("that the balancer does not have cannot be marked", async () => {
    await using other = await startAdmin(world, { setTargetHealth: () => false });
    const answer = await other.ask("/upstreams/a/targets/10.0.0.1:8000/healthy", { method: "PUT" });
    expect(answer).toEqual({ status: 400, body: { message: "Upstream a has no balancer" } });
  });
});
