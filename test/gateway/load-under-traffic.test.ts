import { Agent, get } from "node:http";
import type { DeclarativeDocument } from "postern";
import { expect, it } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";
import { probe } from "./support.js";

const CONNECTIONS = 64;
const DURATION = 2_000;
const RELOAD_EVERY = 50;

const tag = probe("tag", {
  access(pdk) {
    pdk.service.request.setHeader("X-Consumer-Seen", pdk.router.getService()?.name ?? "");
  },
  headerFilter(pdk) {
    const service = pdk.router.getService();
    pdk.response.setHeader("X-Plugin-Says", `${pdk.router.getRoute()?.tags?.[0]} ${service?.tags?.[0]}`);
  },
});

/** Everything in it says `name`: upstream, path, header, plugin. A mixed answer would show. */
function document(name: string, port: number): DeclarativeDocument {
  return {
    _format_version: "3.0",
    upstreams: [{ name: "pool.test", targets: [{ target: `127.0.0.1:${port}` }] }],
    services: [
      {
        name,
        host: "pool.test",
        path: `/${name}`,
        tags: [name],
        routes: [{ name: `route-${name}`, paths: ["/"], tags: [name] }],
        plugins: [{ name: "tag" }, { name: "correlation-id", config: { header_name: `X-${name}`, echo_downstream: true } }],
      },
    ],
  };
}

it("never fails nor mixes an answer while configurations change under load", async () => {
  const upstreamNamed = (name: string): ReturnType<typeof echoUpstream> =>
    echoUpstream({
      answer: ({ url, headers }, res) =>
        void res.setHeader("X-Upstream", name).end(`${name} ${url} ${headers["x-consumer-seen"]}`),
    });
  await using red = await upstreamNamed("red");
  await using blue = await upstreamNamed("blue");
  const documents = [document("red", red.port), document("blue", blue.port)];
  await using gateway = await testGateway({ config: documents[0] as DeclarativeDocument, options: { plugins: [tag] } });

  const answers = new Map<string, number>();
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const until = performance.now() + DURATION;
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      get(`${gateway.url}/x`, { agent }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("error", (error) => resolve(`broken: ${error.message}`));
        response.on("end", () => {
          const { headers, statusCode } = response;
          const ids = ["red", "blue"].filter((name) => headers[`x-${name}`] !== undefined).join();
          resolve(`${statusCode} ${headers["x-upstream"]} ${headers["x-plugin-says"]} ${ids} ${body}`);
        });
      }).on("error", (error) => resolve(`failed: ${error.message}`));
    });
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const answer = await ask();
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  let reloads = 0;
  const reload = setInterval(() => {
    reloads += 1;
    void gateway.gateway.loadConfig(documents[reloads % 2] as DeclarativeDocument);
  }, RELOAD_EVERY);
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  clearInterval(reload);
  agent.destroy();

  expect([...answers.keys()].sort()).toEqual(["200 blue blue blue blue blue /blue/x blue", "200 red red red red red /red/x red"]);
  expect(reloads).toBeGreaterThan(10);
}, 20_000);

it("ends a request on the configuration that it began with", async () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let waiting = 0;
  const waits = probe("waits", {
    access() {
      waiting += 1;
      return opened;
    },
    headerFilter: (pdk) => pdk.response.setHeader("X-Route", pdk.router.getRoute()?.name ?? ""),
  });
  await using upstream = await echoUpstream();
  const config = (name: string, path: string): DeclarativeDocument => ({
    _format_version: "3.0",
    services: [{ name, url: `${upstream.url}${path}`, routes: [{ name, paths: ["/"] }], plugins: [{ name: "waits" }] }],
  });
  await using gateway = await testGateway({ config: config("old", "/old"), options: { plugins: [waits] } });
  const first = gateway.fetch("/a");
  await waitFor(() => waiting === 1);
  await gateway.gateway.loadConfig(config("new", "/new"));
  open();
  const [old, fresh] = [await first, await gateway.fetch("/a")];
  expect([old.headers.get("x-route"), ((await old.json()) as { url: string }).url]).toEqual(["old", "/old/a"]);
  expect([fresh.headers.get("x-route"), ((await fresh.json()) as { url: string }).url]).toEqual(["new", "/new/a"]);
});
