// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders look like that
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type DeclarativeContext, type LoadedDocument, loadDeclarative } from "../../src/declarative/load.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { now, rows } from "./support.js";

const entities = Object.values(entityDefinitions(loadPlugins().all));
const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");

function load(name: string, context: Partial<DeclarativeContext>): LoadedDocument {
  return loadDeclarative(fixture(name), { entities, now, filename: name, ...context });
}

describe("a gateway of a backend stack", () => {
  const environment = {
    BROWSER_KEY: "browser-key",
    SERVER_KEY: "server: # key",
    SERVER_KEY_NEXT: "$SERVER_KEY",
    DASHBOARD_USER: "admin",
    DASHBOARD_PASSWORD: "pa$$word\n",
    REST_PORT: "3001",
    LIVE_TIMEOUT: "150000",
  };

  it("loads with the variables of its environment", () => {
    const loaded = load("backend-stack.yml", { environment, strict: true });
    expect(loaded.counts).toMatchObject({ services: 6, routes: 6, consumers: 3, keyauth_credentials: 3, acls: 2, plugins: 10 });
    expect(rows(loaded, "keyauth_credentials").map(({ key }) => key)).toEqual(["browser-key", "server: # key", "$SERVER_KEY"]);
    const services = new Map(rows(loaded, "services").map((service) => [service.name, service]));
    expect(services.get("live")).toMatchObject({ protocol: "http", host: "live", path: "/socket", read_timeout: 150_000 });
    expect(services.get("rest")).toMatchObject({ host: "rest", port: 3001, path: "/" });
    const [dashboard] = rows(loaded, "consumers");
    const password = createHash("sha1")
      .update(`${environment.DASHBOARD_PASSWORD}${String(dashboard?.id)}`)
      .digest("hex");
    expect(rows(loaded, "basicauth_credentials")).toMatchObject([
      { username: "admin", password, consumer: { id: dashboard?.id } },
    ]);
    expect(rows(loaded, "routes").find(({ name }) => name === "storage-public")?.paths).toEqual([
      "~/storage/v1/object/public/[^/]+",
    ]);
  });

  it("loads as Kong takes it, and tells of its placeholders", () => {
    const loaded = loadDeclarative(
      fixture("backend-stack.yml")
        .replace("$LIVE_TIMEOUT", "150000")
        .replace(/\$\{REST.*\}\//, "rest/"),
      {
        entities,
      },
    );
    expect(loaded.warnings.map(({ code, line }) => `${code} ${line}`)).toEqual([
      "placeholder 9",
      "placeholder 12",
      "placeholder 13",
      "placeholder 23",
      "placeholder 24",
    ]);
  });

  it("is refused with all names that are not set", () => {
    const { SERVER_KEY: _, LIVE_TIMEOUT: __, ...rest } = environment;
    expect(() => load("backend-stack.yml", { environment: rest })).toThrow(DeclarativeConfigError);
    try {
      load("backend-stack.yml", { environment: rest });
    } catch (error) {
      expect((error as DeclarativeConfigError).issues.map(({ line, message }) => `${line}: ${message}`)).toEqual([
        "12: environment variable 'SERVER_KEY' is not set",
        "71: environment variable 'LIVE_TIMEOUT' is not set",
      ]);
    }
  });
});

it("a state file of decK loads, and tells what it leaves out", () => {
  const environment = { DECK_ORDERS_HOST: "orders.test", DECK_BILLING: "true", DECK_ALICE_KEY: "alice-key" };
  const loaded = load("deck-state.yml", { deck: true, environment });
  expect(loaded.warnings.map(({ code, path, line }) => `${code} ${path} ${line}`)).toEqual([
    "deck_ignored _workspace 3",
    "deck_ignored _konnect 9",
    "deck_ignored consumers[0].groups 38",
    "deck_ignored consumer_groups 48",
  ]);
  const services = rows(loaded, "services");
  expect(services).toMatchObject([
    { name: "orders", host: "orders.test", port: 8080, retries: 2, connect_timeout: 1000, tags: ["team-a"] },
    { name: "billing", host: "billing.upstream", enabled: true },
  ]);
  expect(
    rows(loaded, "routes")
      .map(({ name, strip_path }) => [name, strip_path])
      .sort(),
  ).toEqual([
    ["invoices", false],
    ["orders", false],
  ]);
  const limits = rows(loaded, "plugins").filter(({ name }) => name === "rate-limiting");
  expect(limits.map(({ config }) => (config as { hour: unknown }).hour).sort()).toEqual([1000, null]);
  expect(limits.find(({ consumer }) => consumer !== null)).toMatchObject({ service: { id: services[1]?.id } });
  expect(rows(loaded, "keyauth_credentials")).toMatchObject([{ key: "alice-key", tags: ["team-a"] }]);
});
