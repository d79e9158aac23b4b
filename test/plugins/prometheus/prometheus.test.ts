import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type PluginGateway, pluginGateway } from "../../support/plugin-gateway.js";
import { waitFor } from "../../support/wait-for.js";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Scrape {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Reads the metrics as Prometheus would. */
async function scraper(
  { gateway: { gateway } }: PluginGateway,
  handler: "admin" | "status" = "status",
): Promise<() => Promise<Scrape>> {
  const server = createServer(gateway[handler]);
  closing.push(() => new Promise((closed) => server.close(closed)));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  return async () => {
    const response = await fetch(url, { headers: { connection: "close" } });
    const text = await response.text();
    return { status: response.status, type: response.headers.get("content-type"), text, lines: text.trimEnd().split("\n") };
  };
}

const all = { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true };
const measured = (config: object, more: object = {}): Promise<PluginGateway> =>
  pluginGateway([{ name: "prometheus", config }], { ...more });

const requestsLine = (labels: string, count: number): string => `kong_http_requests_total{${labels}} ${count}`;

describe("prometheus", () => {
  it("exports the gateway's own gauges when nothing is configured", async () => {
    await using running = await pluginGateway([]);
    const scrape = await scraper(running);
    await running.gateway.fetch("/");
    const { status, type, lines } = await scrape();
    expect(status).toBe(200);
    expect(type).toBe("text/plain; charset=UTF-8");
    expect(lines.filter((line) => !/^(#|kong_)/.test(line))).toEqual([]);
    const names = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.slice("# TYPE ".length));
    expect(names).toEqual([
      "kong_nginx_connections_total gauge",
      "kong_nginx_requests_total gauge",
      "kong_nginx_timers gauge",
      "kong_nginx_metric_errors_total counter",
      "kong_datastore_reachable gauge",
      "kong_node_info gauge",
      "kong_memory_workers_lua_vms_bytes gauge",
    ]);
    expect(lines).toContain("kong_datastore_reachable 1");
    expect(lines).toContain("kong_nginx_metric_errors_total 0");
    expect(lines.find((line) => line.startsWith("kong_nginx_requests_total{"))).toMatch(/subsystem="http"} 1$/);
  });

  it("answers on the Admin API too", async () => {
    await using running = await pluginGateway([]);
    const scrape = await scraper(running, "admin");
    expect(await scrape()).toMatchObject({ status: 200, type: "text/plain; charset=UTF-8" });
  });

  it("leaves out what nobody asked for", async () => {
    await using running = await measured({});
    const scrape = await scraper(running);
    await running.gateway.fetch("/");
    expect((await scrape()).text).not.toMatch(/http_requests_total|latency_ms|bandwidth_bytes|upstream_target_health/);
  });

  it("counts requests by service, route, status and source", async () => {
    const plugins = [{ name: "prometheus", config: all }];
    const services = [
      { name: "down", url: "http://127.0.0.1:9/", routes: [{ name: "down", paths: ["/down"] }], plugins },
      { url: "http://127.0.0.1:9/", host: "127.0.0.1", routes: [{ name: "nameless", paths: ["/nameless"] }], plugins },
    ];
    await using running = await pluginGateway([], { services });
    const scrape = await scraper(running);
    await running.gateway.fetch("/down");
    await running.gateway.fetch("/nameless");
    const down = 'service="down",route="down",code="502",source="kong",workspace="default",consumer=""';
    const nameless = 'service="127.0.0.1",route="nameless",code="502",source="kong",workspace="default",consumer=""';
    await waitFor(async () => {
      const { lines } = await scrape();
      return lines.includes(requestsLine(down, 1)) && lines.includes(requestsLine(nameless, 1));
    });
  });

  it("counts what the upstream answered, by consumer where told to", async () => {
    const plugins = [{ name: "key-auth" }, { name: "prometheus", config: { ...all, per_consumer: true } }];
    await using running = await pluginGateway(plugins, {
      consumers: [{ username: 'al"ice', keyauth_credentials: [{ key: "k" }] }],
    });
    const scrape = await scraper(running);
    await running.gateway.fetch("/", { headers: { apikey: "k" } });
    await running.gateway.fetch("/", { headers: { apikey: "k" } });
    await running.gateway.fetch("/");
    await waitFor(async () => {
      const { lines } = await scrape();
      const own = lines.filter((line) => line.startsWith("kong_http_requests_total"));
      return (
        own.length === 2 &&
        own.some((line) => /source="service",workspace="default",consumer="al\\"ice"} 2$/.test(line)) &&
        own.some((line) => /code="401",source="kong",workspace="default",consumer=""} 1$/.test(line))
      );
    });
  });

  it("does not count requests without a route", async () => {
    await using running = await pluginGateway([], { services: [], plugins: [{ name: "prometheus", config: all }] });
    const scrape = await scraper(running);
    expect((await running.gateway.fetch("/")).status).toBe(404);
    const { text } = await scrape();
    expect(text).toContain("# TYPE kong_http_requests_total counter");
    expect(text).not.toContain("kong_http_requests_total{");
  });

  it("counts routes without a service", async () => {
    const routes = [{ name: "own", paths: ["/own"], plugins: [{ name: "request-termination", config: { status_code: 200 } }] }];
    await using running = await pluginGateway([], { services: [], routes, plugins: [{ name: "prometheus", config: all }] });
    const scrape = await scraper(running);
    await running.gateway.fetch("/own");
    const labels = 'service="",route="own",code="200",source="kong",workspace="default",consumer=""';
    await waitFor(async () => (await scrape()).lines.includes(requestsLine(labels, 1)));
  });

  it("has histograms of Kong's buckets, and bytes in both directions", async () => {
    await using running = await measured(all);
    const scrape = await scraper(running);
    const body = await (await running.gateway.fetch("/", { method: "POST", body: "x".repeat(500) })).text();
    const lines = await waitFor(async () => {
      const seen = await scrape();
      return seen.text.includes("kong_bandwidth_bytes{") ? seen.lines : undefined;
    });
    const bounds = (name: string): string[] =>
      lines.flatMap(
        (line) =>
          new RegExp(`^${name}_bucket\\{service="echo",route="[^"]+",workspace="default",le="([^"]+)"\\} `).exec(line)?.[1] ?? [],
      );
    const upstream = ["25", "50", "80", "100", "250", "400", "700", "1000", "2000", "5000", "10000", "30000", "60000", "+Inf"];
    expect(bounds("kong_upstream_latency_ms")).toEqual(upstream);
    expect(bounds("kong_request_latency_ms")).toEqual(upstream);
    expect(bounds("kong_kong_latency_ms")).toEqual([
      "1",
      "2",
      "5",
      "7",
      "10",
      "15",
      "20",
      "30",
      "50",
      "75",
      "100",
      "200",
      "500",
      "750",
      "1000",
      "3000",
      "6000",
      "+Inf",
    ]);
    const value = (start: string): number =>
      Number(
        lines
          .find((line) => line.startsWith(start))
          ?.split(" ")
          .at(-1),
      );
    expect(value("kong_request_latency_ms_count{")).toBe(1);
    expect(lines.find((line) => /^kong_request_latency_ms_bucket.*le="\+Inf"/.test(line))).toMatch(/ 1$/);
    expect(value("kong_request_latency_ms_sum{")).toBeGreaterThanOrEqual(0);
    const bytes = (direction: string): number =>
      Number(
        lines
          .find((line) => line.includes(`direction="${direction}"`))
          ?.split(" ")
          .at(-1),
      );
    expect(bytes("ingress")).toBeGreaterThan(500);
    expect(bytes("egress")).toBeGreaterThan(body.length);
  });

  it("goes on counting over a reload, and follows its switches", async () => {
    await using running = await measured(all);
    const scrape = await scraper(running);
    await running.gateway.fetch("/");
    const total = /kong_http_requests_total\{service="echo".*\} (\d+)/;
    const named = { ...running.document, services: [{ ...(running.document.services as [object])[0], tags: ["changed"] }] };
    await running.gateway.gateway.loadConfig(named as never);
    await running.gateway.fetch("/");
    await waitFor(async () => total.exec((await scrape()).text)?.[1] === "2");
    await running.gateway.gateway.loadConfig({ _format_version: "3.0" });
    expect((await scrape()).text).not.toContain("http_requests_total");
  });

  it("tells the health of targets", async () => {
    const upstreams = [{ name: "pair", targets: [{ target: "10.0.0.1:80" }, { target: "10.0.0.2:80" }] }];
    await using running = await measured({ upstream_health_metrics: true }, { upstreams });
    const scrape = await scraper(running);
    running.gateway.gateway.setTargetHealth("pair", "10.0.0.2:80", false);
    const line = (target: string, state: string, value: number): string =>
      `kong_upstream_target_health{upstream="pair",target="${target}",address="${target}",state="${state}",subsystem="http"} ${value}`;
    const { lines } = await scrape();
    expect(lines).toEqual(
      expect.arrayContaining([
        line("10.0.0.1:80", "healthy", 1),
        line("10.0.0.1:80", "unhealthy", 0),
        line("10.0.0.2:80", "healthy", 0),
        line("10.0.0.2:80", "unhealthy", 1),
        line("10.0.0.2:80", "healthchecks_off", 0),
      ]),
    );
    await running.gateway.gateway.loadConfig({ ...running.document, upstreams: [] } as never);
    expect((await scrape()).text).not.toContain("kong_upstream_target_health{");
  });

  it("counts bytes by consumer, and leaves out what one instance does not ask for", async () => {
    const plugins = [{ name: "key-auth" }, { name: "prometheus", config: { per_consumer: true, bandwidth_metrics: true } }];
    await using running = await pluginGateway(plugins, {
      consumers: [{ username: "back\\slash", keyauth_credentials: [{ key: "k" }] }],
    });
    const scrape = await scraper(running);
    await running.gateway.fetch("/", { headers: { apikey: "k" } });
    const labels = 'direction="egress",workspace="default",consumer="back\\\\slash"}';
    await waitFor(async () => (await scrape()).text.includes(labels));
    expect((await scrape()).text).not.toMatch(/http_requests_total|latency_ms/);
  });

  it("measures no upstream where there was none", async () => {
    const routes = [{ name: "own", paths: ["/own"], plugins: [{ name: "request-termination", config: { status_code: 200 } }] }];
    await using running = await pluginGateway([], { services: [], routes, plugins: [{ name: "prometheus", config: all }] });
    const scrape = await scraper(running);
    await running.gateway.fetch("/own");
    const { text } = await waitFor(async () => {
      const seen = await scrape();
      return seen.text.includes("kong_kong_latency_ms_count{") ? seen : undefined;
    });
    expect(text).toContain('kong_request_latency_ms_count{service="",route="own",workspace="default"} 1');
    expect(text).not.toContain("kong_upstream_latency_ms_count{");
  });

  it("is in Prometheus's form, and writes nothing to the log", async () => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const logger = { debug() {}, info() {}, warn: note, error: note };
    const upstreams = [{ name: "pair", targets: [{ target: "10.0.0.1:80" }] }];
    const plugins = [{ name: "prometheus", config: { ...all, upstream_health_metrics: true } }];
    await using running = await pluginGateway(plugins, { upstreams }, { logger });
    const scrape = await scraper(running);
    await running.gateway.fetch("/");
    const seen = await waitFor(async () => {
      const one = await scrape();
      return one.text.includes("kong_http_requests_total{") ? one : undefined;
    });
    const label = '[A-Za-z_][A-Za-z0-9_]*="(?:[^"\\\\\\n]|\\\\.)*"';
    const sample = new RegExp(`^kong_[A-Za-z0-9_:]+(?:\\{${label}(?:,${label})*\\})? [0-9.e+-]+$`);
    const comment = /^# (?:HELP|TYPE) kong_[a-z_]+ ./;
    expect(seen.lines.filter((line) => !sample.test(line) && !comment.test(line))).toEqual([]);
    expect(lines).toEqual([]);
  });
});
