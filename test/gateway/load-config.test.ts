import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createGateway, DeclarativeConfigError, type DeclarativeDocument, type LoadResult, OptionsError } from "postern";
import { describe, expect, it } from "vitest";
import { testGateway } from "../support/test-gateway.js";
import { keptLog, probe } from "./support.js";

function answering(body: string): DeclarativeDocument {
  return {
    _format_version: "3.0",
    routes: [
      {
        name: "all",
        paths: ["/"],
        plugins: [{ name: "request-termination", config: { status_code: 200, content_type: "text/plain", body } }],
      },
    ],
  };
}

const BAD = {
  _format_version: "3.0",
  services: [{ name: "echo", host: "example.test", port: 99999, routes: [{ name: "no-paths" }] }],
};

async function answer(gateway: { fetch(path: string): Promise<Response> }): Promise<string> {
  return (await gateway.fetch("/")).text();
}

describe("loadConfig", () => {
  it("takes an object, YAML, JSON and a file's path", async () => {
    await using gateway = await testGateway();
    const folder = await mkdtemp(join(tmpdir(), "postern-"));
    const path = join(folder, "gateway.yml");
    await writeFile(path, `_format_version: "3.0"\nroutes: ${JSON.stringify(answering("file").routes)}\n`);
    for (const [input, expected] of [
      [answering("object"), "object"],
      [JSON.stringify(answering("json")), "json"],
      [`_format_version: "3.0"\nroutes: ${JSON.stringify(answering("yaml").routes)}\n`, "yaml"],
      [{ path }, "file"],
    ] as const) {
      expect(await gateway.gateway.loadConfig(input)).toMatchObject({
        changed: true,
        counts: { routes: 1, plugins: 1 },
        warnings: [],
      });
      expect(await answer(gateway)).toBe(expected);
    }
    await rm(folder, { recursive: true });
  });

  it("does nothing for the document that is in force", async () => {
    await using gateway = await testGateway({ config: answering("one") });
    const loaded: LoadResult[] = [];
    gateway.gateway.on("config:loaded", (result) => loaded.push(result));
    const same = await gateway.gateway.loadConfig(answering("one"));
    expect(same).toMatchObject({ changed: false, hash: gateway.gateway.config.hash });
    expect(loaded).toEqual([]);
    const other = await gateway.gateway.loadConfig(answering("two"));
    expect(other.changed).toBe(true);
    expect(other.hash).not.toBe(same.hash);
    expect(loaded).toEqual([other]);
    expect(gateway.gateway.config).toBe(other);
  });

  it("refuses a bad document, says why, and goes on with the one before", async () => {
    await using gateway = await testGateway({ config: answering("good") });
    const { hash } = gateway.gateway.config;
    const rejected: Error[] = [];
    gateway.gateway.on("config:rejected", (error) => rejected.push(error));
    const error = await gateway.gateway.loadConfig(BAD).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DeclarativeConfigError);
    expect(rejected).toEqual([error]);
    const fault = {
      path: "services[0].port",
      message: "value should be between 0 and 65535",
      entityType: "services",
      entityName: "echo",
    };
    expect((error as DeclarativeConfigError).issues).toContainEqual(fault);
    expect(await answer(gateway)).toBe("good");
    expect(gateway.gateway.config.hash).toBe(hash);
    await gateway.gateway.loadConfig(answering("better"));
    expect(await answer(gateway)).toBe("better");
  });

  it.each([
    ["text that is no YAML", "services: ["],
    ["a list", "[]"],
    ["no version", "services: []"],
    ["a plugin that nobody knows", '_format_version: "3.0"\nplugins: [{name: unknown}]'],
    ["a file that is not there", { path: "/nowhere/gateway.yml" }],
  ])("refuses %s", async (_what, input) => {
    await using gateway = await testGateway({ config: answering("good") });
    await expect(gateway.gateway.loadConfig(input)).rejects.toThrow();
    expect(await answer(gateway)).toBe("good");
  });

  it.each([null, undefined, 5, true])("refuses %j in words", async (input) => {
    await using gateway = await testGateway({ config: answering("good") });
    const loading = gateway.gateway.loadConfig(input as unknown as string);
    await expect(loading).rejects.toThrow(DeclarativeConfigError);
    await expect(loading).rejects.toThrow("expected an object");
    expect(await answer(gateway)).toBe("good");
  });

  it.each([
    [{ declarativeConfig: null }, "option 'declarativeConfig': must be the path of a file, or a document"],
    [{ declarativeConfig: 5 }, "option 'declarativeConfig': must be the path of a file, or a document"],
    [{ declarativeConfigString: {} }, "option 'declarativeConfigString': must be a text"],
    [{ memCacheSize: null }, "option 'memCacheSize': 'null' is not a size"],
    [{ plugins: "bundled" }, "option 'plugins': must be a list"],
  ])("begins with nothing of the wrong kind: %j", (options, message) => {
    expect(() => createGateway(options as object)).toThrow(OptionsError);
    expect(() => createGateway(options as object)).toThrow(message);
  });

  it("refuses what is no file, and waits for no pipe", async () => {
    await using gateway = await testGateway({ config: answering("first") });
    const folder = await mkdtemp(join(tmpdir(), "postern-"));
    const pipe = join(folder, "gateway.yml");
    await promisify(execFile)("mkfifo", [pipe]);
    for (const [path, message] of [
      [pipe, "is a pipe, not a regular file"],
      [folder, "is a folder, not a regular file"],
      [join(folder, "none.yml"), "ENOENT"],
    ] as const) {
      const refused = gateway.gateway.loadConfig({ path });
      await expect(refused).rejects.toThrow(OptionsError);
      await expect(refused).rejects.toThrow(`option 'path': the file cannot be read: `);
      await expect(refused).rejects.toThrow(message);
      expect(() => createGateway({ declarativeConfig: path })).toThrow(OptionsError);
      expect(() => createGateway({ declarativeConfig: path })).toThrow(message);
    }
    expect(await answer(gateway)).toBe("first");
    await rm(folder, { recursive: true });
  });

  it("carries out concurrent calls in turn: the last one stays", async () => {
    await using gateway = await testGateway();
    const order: string[] = [];
    const calls = ["a", "b", "c", "d"].map((name) =>
      gateway.gateway.loadConfig(answering(name)).then(() => {
        order.push(name);
      }),
    );
    const bad = gateway.gateway.loadConfig(BAD).catch(() => order.push("bad"));
    const last = gateway.gateway.loadConfig(answering("last"));
    await Promise.all([...calls, bad, last]);
    expect(order).toEqual(["a", "b", "c", "d", "bad"]);
    expect(await answer(gateway)).toBe("last");
  });

  it("knows a plugin that was registered before, and tells it its configurations", async () => {
    const configured: unknown[] = [];
    const late = probe("late", {
      configure: (configs) => void configured.push(configs?.length),
      access: (pdk) => pdk.response.exit(200, "late"),
    });
    const document = { _format_version: "3.0", routes: [{ name: "all", paths: ["/"], plugins: [{ name: "late" }] }] };
    await using gateway = await testGateway();
    await expect(gateway.gateway.loadConfig(document)).rejects.toThrow("late");
    gateway.gateway.plugins.register(late);
    expect(gateway.gateway.plugins.has("late")).toBe(true);
    await gateway.gateway.loadConfig(document);
    expect(await answer(gateway)).toBe("late");
    expect(configured).toEqual([1]);
  });

  it("rejects after close", async () => {
    const gateway = createGateway({ declarativeConfig: answering("x"), logger: keptLog() });
    await gateway.close();
    await expect(gateway.loadConfig(answering("y"))).rejects.toMatchObject({ name: "GatewayClosedError" });
  });
});

it("throws for a bad first document", () => {
  expect(() => createGateway(BAD)).toThrow("port");
  expect(() => createGateway({ declarativeConfig: "/nowhere/gateway.yml" })).toThrow("declarativeConfig");
});
