// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders look like that
import { createGateway, DeclarativeConfigError, type DeclarativeDocument, OptionsError } from "postern";
import { afterEach, describe, expect, it, vi } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";
import { testGateway } from "../support/test-gateway.js";

const withHost = { _format_version: "3.0", services: [{ name: "a", host: "$POSTERN_TEST_HOST" }] };

afterEach(() => vi.unstubAllEnvs());

async function hostOf(options: Parameters<typeof createGateway>[0]): Promise<string | undefined> {
  const gateway = createGateway(options);
  const service = await gateway.db.services.selectBy("name", "a");
  await gateway.close();
  return service?.host;
}

describe("declarative.environment", () => {
  it("is off by default", async () => {
    vi.stubEnv("POSTERN_TEST_HOST", "a.test");
    expect(() => createGateway({ declarativeConfig: withHost })).toThrow(DeclarativeConfigError);
    expect(() => createGateway({ declarativeConfig: withHost, declarative: { environment: false } })).toThrow(
      DeclarativeConfigError,
    );
  });

  it("takes the process's variables, or an object in their place", async () => {
    vi.stubEnv("POSTERN_TEST_HOST", "a.test");
    expect(await hostOf({ declarativeConfig: withHost, declarative: { environment: true } })).toBe("a.test");
    const environment = { POSTERN_TEST_HOST: "b.test", OTHER: undefined };
    expect(await hostOf({ declarativeConfig: withHost, declarative: { environment } })).toBe("b.test");
    expect(() => createGateway({ declarativeConfig: withHost, declarative: { environment: {} } })).toThrow(
      "environment variable 'POSTERN_TEST_HOST' is not set",
    );
  });

  it("keeps the variables as they were at the start, for later loads", async () => {
    vi.stubEnv("POSTERN_TEST_HOST", "a.test");
    const gateway = createGateway({ declarative: { environment: true } });
    vi.stubEnv("POSTERN_TEST_HOST", "b.test");
    await gateway.loadConfig(withHost);
    expect(await gateway.db.services.selectBy("name", "a")).toMatchObject({ host: "a.test" });
    await gateway.close();
  });

  it("serves requests with what it has filled in", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({
      config: '_format_version: "3.0"\nservices:\n- url: http://127.0.0.1:${PORT:-1}\n  routes:\n  - paths: [$BASE]\n',
      options: { declarative: { environment: { PORT: String(new URL(upstream.url).port), BASE: "/base" } } },
    });
    expect((await gateway.fetch("/base/x")).status).toBe(200);
  });
});

describe("declarative.strict", () => {
  const risky: DeclarativeDocument = {
    _format_version: "3.0",
    plugins: [{ name: "cors", config: { credentials: true } }],
  };

  it("refuses what has warnings, and keeps what was in force", async () => {
    const gateway = createGateway({ declarative: { strict: true }, declarativeConfig: { _format_version: "3.0" } });
    await expect(gateway.loadConfig(risky)).rejects.toMatchObject({
      issues: [{ path: "plugins[0].config.credentials", message: expect.stringContaining("credentials") }],
    });
    expect(gateway.config.counts.plugins).toBeUndefined();
    await gateway.close();
  });

  it("is off by default: warnings are told", async () => {
    const gateway = createGateway(risky);
    expect(gateway.config.warnings).toMatchObject([{ code: "cors_credentials", entityType: "plugins", entityName: "cors" }]);
    await gateway.close();
  });
});

it("declarative.deck accepts state files of decK", async () => {
  const state = {
    _format_version: "3.0",
    _info: { defaults: { service: { port: 81 } } },
    services: [{ name: "a", host: "a.test" }],
  };
  const gateway = createGateway({ declarativeConfig: state, declarative: { deck: true } });
  expect(await gateway.db.services.selectBy("name", "a")).toMatchObject({ port: 81 });
  await gateway.close();
});

it("says nothing about missing credentials where they can be added later", async () => {
  const document = { _format_version: "3.0", plugins: [{ name: "key-auth" }] };
  const codes = async (database: "off" | "memory"): Promise<readonly string[]> => {
    const gateway = createGateway({ database, declarativeConfig: document });
    await gateway.close();
    return gateway.config.warnings.map(({ code }) => code);
  };
  expect(await codes("off")).toEqual(["no_credentials"]);
  expect(await codes("memory")).toEqual([]);
});

it.each([
  [{ dekc: true }, "'dekc' is no part of it: deck, environment, strict are"],
  [{ deck: "yes" }, "'deck' must be true or false"],
  [{ strict: 1 }, "'strict' must be true or false"],
  [{ environment: "HOME" }, "'environment' must be true, false or an object with variables"],
  [{ environment: { A: 1 } }, "'environment': the value of 'A' must be a text"],
  [null, "must be an object"],
])("refuses %j", (declarative, message) => {
  expect(() => createGateway({ declarative: declarative as object })).toThrow(OptionsError);
  expect(() => createGateway({ declarative: declarative as object })).toThrow(message);
});
