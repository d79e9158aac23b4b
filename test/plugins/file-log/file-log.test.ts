import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin } from "postern";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PluginGateway, pluginGateway } from "../../support/plugin-gateway.js";
import { waitFor } from "../../support/wait-for.js";

interface Logged {
  readonly request: { readonly uri: string; readonly headers: Record<string, string> };
  readonly upstream_status: string;
  readonly response: { readonly status: number };
  readonly service: { readonly name: string };
  readonly source: string;
}

let folder: string;
let path: string;
const errors: string[] = [];
const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-file-log-"));
  path = join(folder, "requests.log");
  errors.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function logging(config: object = {}): Promise<PluginGateway> {
  return pluginGateway([{ name: "file-log", config: { path, ...config } }], {}, { logger });
}

function lines(file = path): Logged[] {
  const text = readFileSync(file, "utf8");
  if (!text.endsWith("\n")) throw new Error("a line is not finished");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Logged);
}

const linesOf = (count: number, file = path): Promise<Logged[]> =>
  waitFor(() => {
    const found = lines(file);
    return found.length === count ? found : undefined;
  });

async function refusalOf(config: object): Promise<unknown> {
  const refused = await pluginGateway([{ name: "file-log", config }]).catch((error: unknown) => error);
  return (refused as { fields?: { services?: [{ plugins?: [{ config?: unknown }] }] } }).fields?.services?.[0]?.plugins?.[0]
    ?.config;
}

describe("file-log", () => {
  it("appends a line of JSON about each request", async () => {
    await using running = await logging();
    await running.gateway.fetch("/one?a=1", { headers: { "x-mark": "ü", authorization: "Bearer secret" } });
    await running.gateway.fetch("/two");
    const [first, second] = await linesOf(2);
    expect(first).toMatchObject({
      request: { uri: "/one?a=1", headers: { "x-mark": "ü", authorization: "REDACTED" } },
      upstream_status: "200",
      response: { status: 200 },
      service: { name: "echo" },
      source: "upstream",
    });
    expect(second?.request.uri).toBe("/two");
    expect(statSync(path).mode & 0o777 & ~0o644).toBe(0);
  });

  it("loses no line of many requests at once, nor when the gateway closes", async () => {
    const running = await logging();
    const sent = Array.from({ length: 200 }, (_, index) => running.gateway.fetch(`/${index}`).then((answer) => answer.text()));
    await Promise.all(sent);
    await running[Symbol.asyncDispose]();
    const uris = lines().map(({ request }) => request.uri);
    expect(uris.toSorted()).toEqual(Array.from({ length: 200 }, (_, index) => `/${index}`).toSorted());
  });

  it("goes on writing to a file that was moved away", async () => {
    await using running = await logging();
    await running.gateway.fetch("/1");
    await linesOf(1);
    renameSync(path, `${path}.1`);
    await running.gateway.fetch("/2");
    expect((await linesOf(2, `${path}.1`)).map(({ request }) => request.uri)).toEqual(["/1", "/2"]);
    expect(() => statSync(path)).toThrow("ENOENT");
  });

  it("makes the file again with `reopen`", async () => {
    await using running = await logging({ reopen: true });
    await running.gateway.fetch("/1");
    await linesOf(1);
    renameSync(path, `${path}.1`);
    await running.gateway.fetch("/2");
    expect((await linesOf(1)).map(({ request }) => request.uri)).toEqual(["/2"]);
  });

  it("reports a file that it cannot open, and answers all the same; later lines are written when it can", async () => {
    path = join(folder, "missing", "requests.log");
    await using running = await logging();
    expect((await running.gateway.fetch("/1")).status).toBe(200);
    await waitFor(() => errors.length > 0);
    expect(errors[0]).toMatch(/^failed to open the file: ENOENT/);
    mkdirSync(join(folder, "missing"));
    await running.gateway.fetch("/2");
    expect((await linesOf(1))[0]?.request.uri).toBe("/2");
  });

  it("reports a folder in place of a file", async () => {
    path = folder;
    await using running = await logging();
    expect((await running.gateway.fetch("/")).status).toBe(200);
    await waitFor(() => errors.length > 0);
    expect(errors[0]).toMatch(/^failed to open the file: EISDIR/);
  });

  it("writes to a device", async () => {
    path = "/dev/null";
    await using running = await logging();
    await running.gateway.fetch("/");
    await running.gateway.close();
    expect(errors).toEqual([]);
  });

  it("logs requests without a route when it is global", async () => {
    const plugins = [{ name: "file-log", config: { path } }];
    await using running = await pluginGateway([], { services: [], plugins });
    expect((await running.gateway.fetch("/nowhere")).status).toBe(404);
    expect((await linesOf(1))[0]).toMatchObject({ response: { status: 404 }, source: "kong", upstream_status: "" });
  });

  it("knows the upstream's status also where a plugin holds the answer back", async () => {
    const holds = definePlugin({
      name: "holds",
      version: "1.0.0",
      priority: 1,
      config: {},
      response: (pdk) => pdk.response.setStatus(201),
    });
    const plugins = [{ name: "holds" }, { name: "file-log", config: { path } }];
    await using running = await pluginGateway(plugins, {}, { logger, plugins: ["bundled", holds] });
    expect((await running.gateway.fetch("/")).status).toBe(201);
    expect((await linesOf(1))[0]).toMatchObject({ upstream_status: 200, response: { status: 201 } });
  });

  it("writes fields that other plugins have set, nested and with dots", async () => {
    const sets = definePlugin({
      name: "sets",
      version: "1.0.0",
      priority: 10,
      config: {},
      log(pdk) {
        pdk.log.setSerializeValue("new_field", 1);
        pdk.log.setSerializeValue("nested.keys", "a");
        pdk.log.setSerializeValue("escape\\.dots", true);
        pdk.log.setSerializeValue("route", null);
      },
    });
    const plugins = [{ name: "sets" }, { name: "file-log", config: { path } }];
    await using running = await pluginGateway(plugins, {}, { logger, plugins: ["bundled", sets] });
    await running.gateway.fetch("/");
    const [line] = await linesOf(1);
    expect(line).toMatchObject({ new_field: 1, nested: { keys: "a" }, "escape.dots": true });
    expect(line).not.toHaveProperty("route");
  });

  it("shares one file between instances", async () => {
    const plugin = { name: "file-log", config: { path } };
    await using running = await pluginGateway([plugin], { plugins: [plugin] });
    await running.gateway.fetch("/here");
    expect(await linesOf(1)).toHaveLength(1);
  });

  it.each(["/ovo*", "test`thing", "test&thing", "test%thing", "test\\thing", " /tmp/log.txt", "/tmp/log.txt ", "a"])(
    "refuses the path %j",
    async (refused) => {
      expect(await refusalOf({ path: refused })).toEqual({ path: "not a valid filename" });
    },
  );

  it("needs a path", async () => {
    expect(await refusalOf({})).toEqual({ path: "required field missing" });
  });

  it("takes a path with a blank in it", async () => {
    path = join(folder, "o vo.loga");
    await using running = await logging();
    await running.gateway.fetch("/");
    expect(await linesOf(1)).toHaveLength(1);
  });

  it("refuses Lua", async () => {
    expect(await refusalOf({ path, custom_fields_by_lua: { one: "return 1" } })).toEqual({
      custom_fields_by_lua: expect.stringContaining("Lua code is not run here"),
    });
  });
});
