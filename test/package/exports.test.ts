import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  exports: Record<string, unknown>;
};
const load: Readonly<Record<string, () => Promise<object>>> = {
  ".": () => import("postern"),
  "./koa": () => import("postern/koa"),
  "./fastify": () => import("postern/fastify"),
  "./hono": () => import("postern/hono"),
  "./admin-client": () => import("postern/admin-client"),
  "./testing": () => import("postern/testing"),
};

/** A change of the snapshot is a change for users: `npm test -- test/package -u`, and a line in CHANGELOG.md. */
describe("the public names", () => {
  it("are pinned for every subpath of the package", () => {
    expect(Object.keys(load)).toEqual(Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith(".json")));
  });

  it.each(Object.entries(load))("of %s are the pinned ones", async (_subpath, importIt) => {
    expect(Object.keys(await importIt()).sort()).toMatchSnapshot();
  });
});
