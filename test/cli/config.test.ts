import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { createGateway } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { convertDocument } from "../../src/declarative/convert.js";
import { migratePaths } from "../../src/declarative/migrate-paths.js";
import { parseDocument } from "../../src/declarative/parse.js";
import { startGateway } from "../../src/testing/index.js";
import { describePostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { seededDocument } from "../support/seeded-document.js";
import { postern } from "./postern.js";
import { posternProcess } from "./running.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-config-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("postern config parse", () => {
  it("reads what comes out of a pipe", async () => {
    const pipe = join(folder, "parsed.pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    const parsed = async (text: string) => (await Promise.all([postern(["config", "parse", pipe]), writeFile(pipe, text)]))[0];
    expect((await parsed('{ "_format_version": "3.0" }')).out).toBe("parse successful");
    const { code, err } = await parsed('_format_version: "3.0"\nservises: []\n');
    expect(code).toBe(1);
    expect(err).toMatch(/parsed\.pipe:2:1: servises: unknown field[\s\S]*2 \| servises/);
  });

  it("lists 20 mistakes among 1,000 entities, each with its line", { timeout: 30_000 }, async () => {
    const { text, entities, mistakes } = seededDocument(1000, 20);
    expect([entities >= 1000, mistakes.length]).toEqual([true, 20]);
    const path = await file("seeded.yml", text);
    const { code, out, err } = await posternProcess(["config", "parse", path]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(`Error: Failed parsing ${path}: 20 faults`);
    const found = [...err.matchAll(/^.*seeded\.yml:(\d+):\d+: (\S+): (.*)$/gm)];
    expect(found.map(([, line, place, message]) => ({ line: Number(line), path: place, message }))).toEqual(mistakes);
    const framed = [...err.matchAll(/^ {2}> +(\d+) \| /gm)].map(([, line]) => Number(line));
    expect(framed).toEqual(mistakes.map(({ line }) => line));
  });

  it("shows the lines that are meant, and a mark", async () => {
    const path = await file("frame.yml", '_format_version: "3.0"\nservices:\n- host: a.test\n  porrt: 80\n');
    const { err } = await postern(["config", "parse", path]);
    expect(err).toContain("    3 | - host: a.test\n  > 4 |   porrt: 80\n      |   ^".replaceAll("\n", "\n").slice(0));
  });

  it("cuts long lines around the place", async () => {
    const services = Array.from({ length: 50 }, (_, index) => ({
      name: `s${index}`,
      host: "a.test",
      ...(index === 40 ? { port: "x" } : {}),
    }));
    const path = await file("long.json", JSON.stringify({ _format_version: "3.0", services }));
    const { err } = await postern(["config", "parse", path]);
    const [, line = "", mark = ""] = /\n( {2}> 1 \|.*)\n(.*\^)$/.exec(err) ?? [];
    expect(line.length).toBeLessThan(140);
    expect(line.slice(mark.length - 1)).toMatch(/^"port":"x"/);
  });

  it("tells all as JSON", async () => {
    const good = await file("good.yml", '_format_version: "3.0"\nservices: [{ name: a, host: a.test }]\n');
    const fine = await postern(["config", "parse", good, "--json"]);
    expect([fine.code, JSON.parse(fine.out)]).toEqual([
      0,
      { file: good, ok: true, issues: [], warnings: [], counts: { services: 1 } },
    ]);
    const bad = await file("bad.yml", '_format_version: "3.0"\nservices: [{ name: a }]\n');
    const refused = await postern(["config", "parse", bad, "--json"]);
    expect([refused.code, refused.err]).toEqual([1, ""]);
    expect(JSON.parse(refused.out)).toMatchObject({ ok: false, issues: [{ path: "services[0].host", line: 2 }] });
  });

  it("takes warnings for errors when it is strict", async () => {
    const path = await file(
      "warn.yml",
      '_format_version: "3.0"\nplugins: [{ name: rate-limiting, config: { minute: 5, redis_host: r } }]\n',
    );
    expect((await postern(["config", "parse", path])).code).toBe(0);
    const strict = await postern(["config", "parse", path, "--strict"]);
    expect([strict.code, strict.out]).toEqual([1, ""]);
    expect(strict.err).toContain("redis_host");
  });

  it("knows the plugins of the settings, and fills in the environment when asked", async () => {
    const plugin = await file("plugin.yml", '_format_version: "3.0"\nplugins: [{ name: cors }]\n');
    expect((await postern(["config", "parse", plugin], { KONG_PLUGINS: "key-auth" })).err).toContain("plugin 'cors' not enabled");
    const conf = await file("kong.conf", "plugins = off\n");
    expect((await postern(["config", "parse", plugin, "-c", conf])).code).toBe(1);
    const filled = await file("env.yml", '_format_version: "3.0"\nservices: [{ name: a, url: $UPSTREAM }]\n');
    expect((await postern(["config", "parse", filled, "--env"], { UPSTREAM: "http://a.test" })).code).toBe(0);
    expect((await postern(["config", "parse", filled, "--env"])).err).toContain("UPSTREAM");
  });
});

describe("postern config init", () => {
  it("writes a file that loads, as do its examples", async () => {
    const path = join(folder, "init.yml");
    expect(await postern(["config", "init", path])).toMatchObject({ code: 0, err: "" });
    expect(await postern(["config", "parse", path, "--strict"])).toMatchObject({ code: 0, out: "parse successful", err: "" });
    const text = await readFile(path, "utf8");
    const uncommented = text.replace(/^# ?((?: *- | *\w+:).*)$/gm, "$1");
    const all = await file("init-all.yml", uncommented);
    expect(await postern(["config", "parse", all, "--strict"])).toMatchObject({ code: 0, out: "parse successful", err: "" });
    const gateway = createGateway({ declarativeConfigString: uncommented });
    expect(gateway.config.counts).toMatchObject({ services: 2, routes: 2, consumers: 1, keyauth_credentials: 1, plugins: 3 });
    await gateway.close();
  });

  it("overwrites nothing", async () => {
    const path = await file("there.yml", "mine");
    expect(await postern(["config", "init", path])).toEqual({
      code: 1,
      out: "",
      err: `Error: ${path} already exists.\nWill not overwrite it.`,
    });
    expect(await readFile(path, "utf8")).toBe("mine");
  });
});

describe("postern config convert", () => {
  const old = `# The gateway of 2019.
_format_version: '1.1' # old
services:
  - name: a  # first
    url: http://a.test
    routes:
      - name: one
        paths: [ /plain, "/user/\\\\d+", '/x.*' ]   # three
      - name: two
        paths: &shared
          - /a%20b
          - |-
            /lit(eral)
routes:
  - { name: three, paths: *shared, service: a }
  - name: four
    service: a
    <<: { paths: [ /m+ ] }
_ignore: [ &p "/an(chor)" ]
consumers:
  - username: /not+a+path
`;
  const now = `# The gateway of 2019.
_format_version: "3.0" # old
services:
  - name: a  # first
    url: http://a.test
    routes:
      - name: one
        paths: [ /plain, "~/user/\\\\d+", '~/x.*' ]   # three
      - name: two
        paths: &shared
          - '/a b'
          - '~/lit(eral)'
routes:
  - { name: three, paths: *shared, service: a }
  - name: four
    service: a
    <<: { paths: [ '~/m+' ] }
_ignore: [ &p "/an(chor)" ]
consumers:
  - username: /not+a+path
`;

  it("changes the version and the paths, and nothing else", async () => {
    const path = await file("old.yml", old);
    expect(await postern(["config", "convert", path])).toEqual({
      code: 0,
      out: now.trimEnd(),
      err: "1.1 -> 3.0, 5 paths rewritten",
    });
    expect(await readFile(path, "utf8")).toBe(old);
    const paths = (yaml: string): unknown =>
      Promise.all(
        ["one", "two", "three", "four"].map((name) =>
          createGateway({ declarativeConfigString: yaml }).db.routes.selectBy("name", name),
        ),
      ).then((routes) => routes.map((route) => route?.paths));
    expect(await paths(now)).toEqual(await paths(old));
  });

  it("rewrites whatever is written as the loader reads it", () => {
    const paths = fc.array(
      fc.string({ unit: fc.constantFrom(..."/aé.*+()\\\\'\"#:%20~ -é") }).map((text) => `/${text}`),
      { maxLength: 5 },
    );
    const style = fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL");
    fc.assert(
      fc.property(paths, fc.constantFrom("1.1", "2.1"), style, fc.boolean(), (list, version, defaultStringType, isJson) => {
        const document = { _format_version: version, routes: [{ paths: list }], services: [{ routes: [{ paths: list }] }] };
        const text = isJson ? JSON.stringify(document) : stringify(document, { defaultStringType, defaultKeyType: "PLAIN" });
        const { text: converted } = convertDocument(text, isJson ? "a.json" : "a.yml");
        expect(parseDocument(converted, { filename: isJson ? "a.json" : "a.yml" }).document).toEqual({
          _format_version: "3.0",
          routes: [{ paths: migratePaths(list) }],
          services: [{ routes: [{ paths: migratePaths(list) }] }],
        });
      }),
    );
  });

  it("writes into a file, which may be the same one", async () => {
    const path = await file("in-place.json", '{ "_format_version": "2.1",\n  "routes": [{ "paths": ["/a.+", "/b"] }] }\n');
    expect(await postern(["config", "convert", path, "-o", path])).toEqual({
      code: 0,
      out: "",
      err: "2.1 -> 3.0, 1 path rewritten",
    });
    expect(await readFile(path, "utf8")).toBe('{ "_format_version": "3.0",\n  "routes": [{ "paths": ["~/a.+", "/b"] }] }\n');
    expect((await postern(["config", "convert", path])).err).toBe(`${path} is of format 3.0 already`);
  });

  it.each([
    ["services: []\n", "_format_version: required field missing"],
    ["_format_version: 3.0\n", "_format_version: expected one of: 1.1, 2.1, 3.0"],
    ["a: [\n", "failed parsing declarative configuration: "],
  ])("refuses %j", async (text, message) => {
    const { code, out, err } = await postern(["config", "convert", await file("refused.yml", text)]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
  });
});

describe("postern config diff", () => {
  const before = `_format_version: "3.0"
services:
- name: orders
  url: http://a.test
  routes:
  - paths: [/a]
  - name: b
    paths: [/b]
    plugins: [{ name: cors }]
- host: unnamed.test
  routes: [{ paths: [/unnamed] }]
consumers: [{ username: alice, acls: [{ group: g }] }]
`;
  const after = `_format_version: "3.0"
_comment: written otherwise
routes:
- paths: [/unnamed]
  service: 11111111-1111-4111-8111-111111111111
- name: b
  paths: [/b]
  service: orders
- { paths: [/a], service: orders }
plugins:
- name: cors
  route: b
  config: { max_age: 5 }
services:
- id: 11111111-1111-4111-8111-111111111111
  host: unnamed.test
- name: orders
  id: 22222222-2222-4222-8222-222222222222
  host: b.test
  retries: 5
consumers: [{ username: bob }]
`;

  it("compares entities, whatever the texts look like", async () => {
    const files = [await file("before.yml", before), await file("after.yml", after)];
    const { code, out, err } = await postern(["config", "diff", ...files]);
    expect([code, err]).toEqual([2, ""]);
    expect(out.split("\n").sort()).toEqual(
      [
        "- consumers alice",
        "- acls g of consumer alice",
        "+ consumers bob",
        "~ services orders",
        '    host: "a.test" -> "b.test"',
        "~ plugins cors of route b",
        "    config.max_age: null -> 5",
        "1 added, 2 changed, 2 removed",
      ].sort(),
    );
    const json = JSON.parse((await postern(["config", "diff", ...files, "--json"])).out);
    expect(json.changed).toContainEqual({
      entity: "services",
      label: "orders",
      id: "22222222-2222-4222-8222-222222222222",
      fields: { host: { from: "a.test", to: "b.test" } },
    });
  });

  it("finds no difference where there is none", async () => {
    const path = await file("same.yml", before);
    expect(await postern(["config", "diff", path, path])).toEqual({ code: 0, out: "no difference", err: "" });
  });

  it("compares with a running gateway", async () => {
    await using running = await startGateway({ declarativeConfigString: before });
    const { admin } = await running.gateway.listen({ admin: 0 });
    const url = `http://127.0.0.1:${admin?.port}/`;
    const same = await file("running.yml", before);
    expect(await postern(["config", "diff", "--admin-url", url, same])).toEqual({ code: 0, out: "no difference", err: "" });
    const other = await file("other.yml", before.replace("/b]", "/c]"));
    const { code, out } = await postern(["config", "diff", "--admin-url", url, other]);
    expect([code, out]).toEqual([2, '~ routes b of service orders\n    paths: ["/b"] -> ["/c"]\n0 added, 1 changed, 0 removed']);
  });

  it.each([
    [["a.yml"], "Error: expected two files"],
    [["--admin-url", "http://127.0.0.1:1", "a.yml", "b.yml"], "Error: expected one file, since --admin-url"],
    [["none.yml", "none.yml"], "Error: ENOENT"],
    [["--admin-url", "http://127.0.0.1:1", "a.yml"], "Error: the Admin API at http://127.0.0.1:1 cannot be reached"],
  ])("refuses %j", async (args, text) => {
    const { code, err } = await postern(["config", "diff", ...args]);
    expect(code).toBe(1);
    expect(err).toContain(text);
  });
});

describe("postern config db_import and db_export, without a database", () => {
  it("refuse", async () => {
    expect((await postern(["config", "db_import", "a.yml"])).err).toContain(
      "'postern config db_import' only works with a database.\nWhen using",
    );
    expect((await postern(["config", "db_export"])).err).toBe("Error: 'postern config db_export' only works with a database.");
  });
});

describePostgres("postern config db_import and db_export", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  it("writes a file into the database and back", async () => {
    const { pgPort, pgDatabase } = await server.database();
    const env = { KONG_DATABASE: "postgres", KONG_PG_PORT: String(pgPort), KONG_PG_DATABASE: String(pgDatabase) };
    expect((await postern(["migrations", "bootstrap"], env)).code).toBe(0);
    const text = `_format_version: "3.0"
services: [{ name: a, host: a.test, routes: [{ name: r, paths: [/r], plugins: [{ name: cors }] }] }]
consumers: [{ username: alice, basicauth_credentials: [{ username: alice, password: secret }], keyauth_credentials: [{ key: k, ttl: ${Math.ceil(Date.now() / 1000) + 3600} }] }]
`;
    const path = await file("import.yml", text);
    const told = "parse successful, beginning import\nimport successful";
    expect(await postern(["config", "db_import", path], env)).toEqual({ code: 0, out: told, err: "" });
    expect(await postern(["config", "db_import", path], env)).toEqual({ code: 0, out: told, err: "" });
    const broken = await file("broken.yml", '_format_version: "3.0"\nservices: [{ name: a }]\n');
    expect((await postern(["config", "db_import", broken], env)).err).toContain("services[0].host: required field missing");

    const exported = join(folder, "export.yml");
    expect(await postern(["config", "db_export", exported], env)).toEqual({ code: 0, out: "", err: "" });
    expect((await postern(["config", "db_export", exported], env)).err).toContain("already exists. Will not overwrite it.");
    expect((await readFile(exported, "utf8")).includes("secret")).toBe(false);
    expect(await postern(["config", "diff", path, exported], env)).toMatchObject({ code: 0, out: "no difference" });
    const json = await postern(["config", "db_export", "--format", "json", "--nested", "--no-ids", "--no-defaults", "-"], env);
    expect(JSON.parse(json.out).services[0].routes[0].plugins).toEqual([{ name: "cors" }]);
    expect((await postern(["config", "db_export", "--format", "xml"], env)).err).toContain(
      "--format: 'xml' is neither 'yaml' nor 'json'",
    );
  }, 60_000);
});
