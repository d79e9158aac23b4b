import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createGateway,
  type DeclarativeConfigError,
  type DeclarativeDocument,
  GatewayClosedError,
  type LoadProgress,
} from "postern";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { echoUpstream } from "../support/echo-upstream.js";
import { testGateway } from "../support/test-gateway.js";
import { keptLog } from "./support.js";

/** More than what is parsed on the event loop. */
const FILLER = "x".repeat(1_200_000);

/** YAML with a fault on line 7. */
const badYaml = `_format_version: "3.0"
_comment: ${FILLER}
services:
  - name: one
    host: one.test
  - name: two
    hots: two.test
    host: two.test
`;

/** JSON with a fault on line 6. */
const badJson = `{
  "_format_version": "3.0",
  "_comment": "${FILLER}",
  "services": [
    { "name": "one", "host": "one.test" },
    { "name": "two", "host": "two.test", "port": 99999,
      "routes": [{ "name": "r" }] }
  ]
}`;

function refusalOf(text: string): DeclarativeConfigError {
  try {
    createGateway({ declarativeConfigString: text });
  } catch (error) {
    return error as DeclarativeConfigError;
  }
  throw new Error("the document was accepted");
}

const services = (count: number, host = "x.test") =>
  Array.from({ length: count }, (_, index) => ({
    name: `s${index}`,
    host: index === count - 1 ? host : "x.test",
    routes: [{ name: `r${index}`, paths: [`/${index}`], plugins: [{ name: "key-auth" }] }],
  }));

const document = (content: object): DeclarativeDocument => ({ _format_version: "3.0", ...content });

describe("a big text", () => {
  it.each([
    ["YAML with a fault", badYaml],
    ["JSON with faults", badJson],
    ["text that is no YAML", `_comment: ${FILLER}\nservices: [`],
  ])("is refused as a small one is, with lines and columns: %s", async (_, text) => {
    const expected = refusalOf(text);
    const gateway = createGateway({ logger: keptLog() });
    const error = (await gateway.loadConfig(text).catch((reason: unknown) => reason)) as DeclarativeConfigError;
    expect(error.toJSON()).toEqual(expected.toJSON());
    expect(error.issues).toEqual(expected.issues);
    expect(error.issues[0]?.line).toBeGreaterThan(1);
    await gateway.close();
  });

  it.each(["json", "yaml"])("has the same outcome as a small one: %s", async (format) => {
    const content = document({ services: services(40), consumers: [{ username: "a", custom_id: "ä" }], plugins: [] });
    const json = JSON.stringify({ ...content, _comment: FILLER });
    const yaml = Object.entries(content).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    const text = format === "json" ? json : [...yaml, `_comment: ${FILLER}`].join("\n");
    const folder = await mkdtemp(join(tmpdir(), "postern-"));
    const file = join(folder, `gateway.${format}`);
    writeFileSync(file, text);
    const clock = () => 1_700_000_000_000;
    const small = createGateway({ declarativeConfigString: text, clock });
    const big = createGateway({ clock });
    const result = await big.loadConfig({ path: file });
    expect(result).toMatchObject({ changed: true, hash: small.config.hash, counts: small.config.counts });
    expect(result.warnings).toEqual(small.config.warnings.map((warning) => ({ ...warning, file })));
    for (const entity of ["services", "routes", "plugins", "consumers"] as const) {
      const rows = async (gateway: typeof big) => (await gateway.db[entity].page(1000)).data;
      expect(await rows(big)).toEqual(await rows(small));
    }
    expect(await big.loadConfig({ path: file })).toMatchObject({ changed: false, hash: result.hash });
    expect(await big.loadConfig(text, { checkHash: false })).toMatchObject({ changed: true, hash: result.hash });
    await Promise.all([small.close(), big.close(), rm(folder, { recursive: true })]);
  });

  it.each(["json", "yaml"])("that has changed in places has the outcome of a first load: %s", async (format) => {
    const write = (list: readonly object[]): string => {
      const content = document({ services: list, _comment: FILLER });
      return format === "json" ? JSON.stringify(content, null, 1) : stringify(content, { lineWidth: 0 });
    };
    // Long records, so that there are several pieces.
    const list: object[] = services(400).map((service) => ({ ...service, path: `/${"long/".repeat(60)}` }));
    const odd = { name: "odd", host: "x.test", routes: [{ name: "odd", paths: ["/odd/*"] }] };
    const clock = () => 1_700_000_000_000;
    const gateway = createGateway({ clock, logger: keptLog() });
    const versions = [
      list,
      [...list.slice(0, 200), { name: "s200", host: "other.test" }, ...list.slice(201, 300), odd, ...list.slice(301)],
      [odd, ...list.slice(0, 20), ...list.slice(300), ...list.slice(20, 300)],
    ];
    for (const version of versions) {
      const text = write(version);
      const { hash, counts, warnings } = await gateway.loadConfig(text);
      const fresh = createGateway({ declarativeConfigString: text, clock, logger: keptLog() });
      expect({ hash, counts, warnings }).toEqual({
        hash: fresh.config.hash,
        counts: fresh.config.counts,
        warnings: fresh.config.warnings,
      });
      if (version.includes(odd)) expect(warnings[0]?.line).toBeGreaterThan(3);
      expect(gateway.exportConfig()).toEqual(fresh.exportConfig());
      await fresh.close();
    }
    await gateway.close();
  });

  it.each([
    ["a key that stands twice", (text: string) => text.replace("host: x.test", "host: y.test\n    host: x.test")],
    ["an anchor", (text: string) => text.replace("host: x.test", "host: &host x.test").replace("host: x.test", "host: *host")],
    ["a map in flow style over lines", (text: string) => text.replace("services:", "_info: {\n}\nservices:")],
    ["a text in quotes that ends in another item", (text: string) => text.replace("host: x.test", 'host: "x.test')],
    ["a line that goes back too far", (text: string) => text.replace("    host: x.test", "   host: x.test")],
  ])("is read as a small one is, if need be as a whole: %s", async (_, change) => {
    const text = change(stringify(document({ services: services(50), _comment: FILLER }), { lineWidth: 0 }));
    const load = (run: () => unknown) =>
      Promise.resolve()
        .then(run)
        .catch((error: DeclarativeConfigError) => error.issues);
    const small = await load(() => createGateway({ declarativeConfigString: text, logger: keptLog() }).config);
    const gateway = createGateway({ logger: keptLog() });
    const big = await load(() => gateway.loadConfig(text));
    if (Array.isArray(small)) expect(big).toEqual(small);
    else {
      const { hash, counts, warnings } = small as typeof gateway.config;
      expect(big).toMatchObject({ hash, counts, warnings });
    }
    await gateway.close();
  });

  it("says where its JSON is none, however far down", async () => {
    const text = JSON.stringify(document({ services: services(400), _comment: FILLER })).replace('"s300"', '"s300');
    const expected = refusalOf(text);
    const gateway = createGateway({ logger: keptLog() });
    const error = (await gateway.loadConfig(text).catch((reason: unknown) => reason)) as DeclarativeConfigError;
    expect(error.issues).toEqual(expected.issues);
    await gateway.close();
  });

  it("keeps numbers that JSON cannot write", async () => {
    const gateway = createGateway({ logger: keptLog() });
    const text = `_format_version: "3.0"\n_comment: ${FILLER}\nservices:\n- {name: s, host: x.test, retries: .inf}\n`;
    await expect(gateway.loadConfig(text)).rejects.toMatchObject({ fields: { services: [{ retries: "expected an integer" }] } });
    await gateway.close();
  });

  it("is refused before all of it has been read when it takes too much memory", async () => {
    const gateway = createGateway({ memCacheSize: "1m", logger: keptLog() });
    const seen: LoadProgress[] = [];
    gateway.on("config:progress", (progress) => seen.push(progress));
    const text = JSON.stringify(
      document({ consumers: Array.from({ length: 60_000 }, (_, index) => ({ username: `u${index}` })) }),
    );
    await expect(gateway.loadConfig(text)).rejects.toMatchObject({ name: "ConfigTooLargeError" });
    expect(seen.map(({ phase }) => phase)).not.toContain("compile");
    await gateway.close();
  });

  it("tells how far its load has come", async () => {
    const gateway = createGateway({ logger: keptLog() });
    const seen: LoadProgress[] = [];
    gateway.on("config:progress", (progress) => seen.push(progress));
    await gateway.loadConfig(JSON.stringify(document({ services: services(6000), _comment: FILLER })));
    expect([...new Set(seen.map(({ phase }) => phase))].slice(0, 3)).toEqual(["parse", "read", "check"]);
    expect(seen.find(({ phase, done, total }) => phase === "parse" && done === total)?.total).toBe(6000);
    for (const { done, total } of seen) expect(total === 0 || done <= total).toBe(true);
    await gateway.close();
  });

  it("is given up when the gateway is closed", async () => {
    const gateway = createGateway({ logger: keptLog() });
    const load = gateway
      .loadConfig(JSON.stringify(document({ services: services(4000), _comment: FILLER })))
      .catch((error: unknown) => error);
    await gateway.close();
    expect(await load).toBeInstanceOf(GatewayClosedError);
  });
});

describe("what a reload leaves as it is", () => {
  const pool = (ports: readonly number[], tag: string) =>
    document({
      upstreams: [{ name: "pool.test", targets: ports.map((port) => ({ target: `127.0.0.1:${port}` })) }],
      services: [{ name: "s", host: "pool.test", routes: [{ name: "all", paths: ["/"] }] }],
      consumers: [{ username: "somebody", tags: [tag] }],
    });

  it("goes on: the turn of the balancer, and the times of records", async () => {
    await using one = await echoUpstream({ answer: (_, res) => void res.end("one") });
    await using two = await echoUpstream({ answer: (_, res) => void res.end("two") });
    await using three = await echoUpstream({ answer: (_, res) => void res.end("three") });
    let time = 1_700_000_000_000;
    const ports = [one.port, two.port, three.port];
    await using gateway = await testGateway({ config: pool(ports, "0"), options: { clock: () => time } });
    const answer = async (): Promise<string> => (await gateway.fetch("/")).text();
    for (let round = 1; round < 8; round += 1) {
      const seen = [await answer()];
      time += 5000;
      await gateway.gateway.loadConfig(pool(ports, String(round)));
      seen.push(await answer(), await answer());
      expect(seen.sort()).toEqual(["one", "three", "two"]);
    }
    const [service] = (await gateway.gateway.db.services.page()).data;
    const [consumer] = (await gateway.gateway.db.consumers.page()).data;
    expect(service?.updated_at).toBe(1_700_000_000);
    expect(consumer?.updated_at).toBe(1_700_000_035);
  });

  it("keeps its connections, also those to the targets of upstreams", async () => {
    let connections = 0;
    const upstream = createServer((_, response) => response.end("ok")).on("connection", () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const { port } = upstream.address() as AddressInfo;
    await using gateway = await testGateway({ config: pool([port], "0") });
    for (let round = 1; round < 4; round += 1) {
      expect((await gateway.fetch("/")).status).toBe(200);
      await gateway.gateway.loadConfig(pool([port], String(round)));
    }
    // Another service, and another upstream, that lead to the same place.
    const { upstreams, ...rest } = pool([port], "end");
    const services = [{ name: "s", host: "pool.test", retries: 1, routes: [{ name: "all", paths: ["/"] }] }];
    await gateway.gateway.loadConfig({ ...rest, upstreams: [{ ...(upstreams as object[])[0], tags: ["x"] }], services } as never);
    expect((await gateway.fetch("/")).status).toBe(200);
    expect(connections).toBe(1);
    upstream.close();
  });

  it("serves what has changed, and only that", async () => {
    const gateway = createGateway({ declarativeConfig: document({ services: services(50) }) });
    const before = gateway.router.explain({ method: "GET", url: "/7" });
    const { changed } = await gateway.loadConfig(document({ services: services(50, "y.test") }));
    expect(changed).toBe(true);
    expect(gateway.router.explain({ method: "GET", url: "/7" })).toEqual(before);
    expect(await gateway.db.services.selectBy("name", "s49")).toMatchObject({ host: "y.test" });
    await gateway.close();
  });
});
