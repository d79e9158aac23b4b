import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { createGateway, listenFromEnv, OptionsError, optionsFromEnv, optionsFromFile } from "postern";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseConf } from "../../src/kong-conf.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-options-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function fromEnv(env: Record<string, string>): { options: object; warnings: string[] } {
  const warnings: string[] = [];
  const options = optionsFromEnv(env, { warn: (message) => warnings.push(message) });
  return { options, warnings };
}

describe("optionsFromEnv", () => {
  it("reads every setting that is an option", () => {
    const { options, warnings } = fromEnv({
      KONG_DATABASE: "OFF",
      KONG_DECLARATIVE_CONFIG: "/etc/kong/kong.yml",
      KONG_DECLARATIVE_CONFIG_STRING: '{"_format_version":"1.1"}',
      KONG_MEM_CACHE_SIZE: "256m",
      KONG_DB_UPDATE_FREQUENCY: "10",
      KONG_DB_CACHE_TTL: "60",
      KONG_DB_CACHE_NEG_TTL: "30",
      KONG_DB_RESURRECT_TTL: "5",
      KONG_ROUTER_FLAVOR: "traditional_compatible",
      KONG_TRUSTED_IPS: "10.0.0.0/8, ::1,",
      KONG_REAL_IP_HEADER: "X-Forwarded-For",
      KONG_REAL_IP_RECURSIVE: "on",
      KONG_HEADERS: "server_tokens, X-Kong-Upstream-Status",
      KONG_HEADERS_UPSTREAM: "off",
      KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT: "30",
      KONG_UPSTREAM_KEEPALIVE_MAX_REQUESTS: "0",
      KONG_PLUGINS: "key-auth,cors",
      KONG_VAULT_ENV_PREFIX: "SECRET_",
      KONG_NGINX_HTTP_CLIENT_BODY_BUFFER_SIZE: "16k",
      KONG_NGINX_HTTP_CHARSET: "off",
      KONG_ADMIN_GUI_URL: "https://manager.test, https://other.test",
      KONG_NGINX_ADMIN_CLIENT_MAX_BODY_SIZE: "100m",
      KONG_ERROR_DEFAULT_TYPE: "application/json",
      KONG_PG_HOST: "db.test",
      KONG_PG_PORT: "5433",
      KONG_PG_SSL: "on",
      HOME: "/root",
      PATH: "/bin",
    });
    expect(options).toEqual({
      database: "off",
      declarativeConfig: "/etc/kong/kong.yml",
      declarativeConfigString: '{"_format_version":"1.1"}',
      memCacheSize: "256m",
      dbUpdateFrequency: 10,
      dbCacheTtl: 60,
      dbCacheNegTtl: 30,
      dbResurrectTtl: 5,
      routerFlavor: "traditional_compatible",
      trustedIps: ["10.0.0.0/8", "::1"],
      realIpHeader: "X-Forwarded-For",
      realIpRecursive: true,
      headers: ["server_tokens", "X-Kong-Upstream-Status"],
      headersUpstream: ["off"],
      upstreamKeepaliveIdleTimeout: 30,
      upstreamKeepaliveMaxRequests: 0,
      plugins: ["key-auth", "cors"],
      vaultEnvPrefix: "SECRET_",
      clientBodyBufferSize: 16_384,
      charset: "off",
      admin: { guiUrl: ["https://manager.test", "https://other.test"], maxBodyBytes: 104_857_600 },
      errorDefaultType: "application/json",
      pgHost: "db.test",
      pgPort: 5433,
      pgSsl: true,
    });
    expect(warnings).toEqual([]);
  });

  it("starts a gateway from the text of a document", async () => {
    const text = '{"_format_version":"1.1","services":[{"host":"mockbin.test","port":443,"protocol":"https"}]}';
    const gateway = createGateway(optionsFromEnv({ KONG_DATABASE: "off", KONG_DECLARATIVE_CONFIG_STRING: text }));
    expect(gateway.config.counts.services).toBe(1);
    await gateway.close();
  });

  it("takes an empty variable for none, and gives nothing that is not set", () => {
    expect(fromEnv({ KONG_DECLARATIVE_CONFIG: "", KONG_PLUGINS: "" })).toEqual({ options: {}, warnings: [] });
  });

  it("leaves documents aside where the content is that of a database, as Kong does", () => {
    const { options } = fromEnv({
      KONG_DATABASE: "postgres",
      KONG_DECLARATIVE_CONFIG: "a.yml",
      KONG_DECLARATIVE_CONFIG_STRING: "b",
    });
    expect(options).toEqual({ database: "postgres" });
  });

  it("makes a logger of the level", () => {
    const levels = ["debug", "info", "warn", "error"] as const;
    const error = vi.spyOn(console, "error").mockReturnValue();
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const written = (level: string): string[] => {
      error.mockClear();
      warn.mockClear();
      const { logger } = optionsFromEnv({ KONG_LOG_LEVEL: level });
      for (const name of levels) logger?.[name](name, { a: 1 });
      return [...error.mock.calls, ...warn.mock.calls].map(([text]) => String(text).replace("[postern] ", "")).sort();
    };
    expect(written("debug")).toEqual(["debug", "error", "info", "warn"]);
    expect(written("NOTICE")).toEqual(["error", "info", "warn"]);
    expect(written("warn")).toEqual(["error", "warn"]);
    expect(written("error")).toEqual(["error"]);
    expect(written("emerg")).toEqual([]);
  });

  it("reads certificates of PostgreSQL from their files", async () => {
    const path = await file("client.pem", "-----BEGIN CERTIFICATE-----\n");
    expect(fromEnv({ KONG_PG_SSL_CERT: path }).options).toEqual({ pgSslCert: "-----BEGIN CERTIFICATE-----\n" });
    expect(fromEnv({ KONG_PG_SSL_CERT_KEY: "-----BEGIN X" }).options).toEqual({ pgSslCertKey: "-----BEGIN X" });
  });

  it("resolves references to the environment", () => {
    expect(fromEnv({ KONG_PG_PASSWORD: "{vault://env/db-password}", DB_PASSWORD: "secret" }).options).toEqual({
      pgPassword: "secret",
    });
  });

  it("says what is ignored, and what is no setting", () => {
    const { options, warnings } = fromEnv({
      KONG_NGINX_HTTP_GZIP: "on",
      KONG_PREFIX: "/usr/local/kong",
      KONG_DNS_RESOLVER: "1.1.1.1",
      KONG_DATABAS: "off",
      KONG_PG_PASWORD: "x",
      KONG_SOMETHING_ELSE_ALTOGETHER: "1",
      // Set by Kubernetes for a service named kong-proxy, and by container images.
      KONG_PROXY_SERVICE_HOST: "10.0.0.1",
      KONG_PROXY_PORT_80_TCP_ADDR: "10.0.0.1",
      KONG_VERSION: "3.10.0",
      KONG_PROXY_LISTEN: "0.0.0.0:8000",
    });
    expect(options).toEqual({});
    expect(warnings).toEqual([
      "KONG_NGINX_HTTP_GZIP has no meaning here and is ignored",
      "KONG_PREFIX has no meaning here and is ignored",
      "KONG_DNS_RESOLVER has no meaning here and is ignored",
      "KONG_DATABAS is no setting and is ignored; did you mean 'KONG_DATABASE'?",
      "KONG_PG_PASWORD is no setting and is ignored; did you mean 'KONG_PG_PASSWORD'?",
      "KONG_SOMETHING_ELSE_ALTOGETHER is no setting and is ignored",
    ]);
  });

  it.each([
    ["KONG_REAL_IP_RECURSIVE", "perhaps", "option 'real_ip_recursive': 'perhaps' is neither 'on' nor 'off'"],
    ["KONG_DB_CACHE_TTL", "long", "option 'db_cache_ttl': 'long' is not a number"],
    ["KONG_LOG_LEVEL", "loud", "option 'log_level': 'loud' is no log level"],
    ["KONG_CLIENT_BODY_BUFFER_SIZE", "8x", "option 'client_body_buffer_size': '8x' is not a size"],
    ["KONG_PG_PORT", "x", "option 'pgPort': 'x' is not a whole number"],
    ["KONG_PG_PASSWORD", "{vault://env/no-such-thing}", "the variable NO_SUCH_THING is not set"],
    ["KONG_PG_PASSWORD", "{vault://aws/thing}", "settings can refer to the vault 'env' only"],
    ["KONG_PG_SSL_CERT", "/no/such/file", "option 'pg_ssl_cert': the file cannot be read"],
  ])("refuses %s=%s", (name, value, message) => {
    expect(() => fromEnv({ [name]: value })).toThrow(OptionsError);
    expect(() => fromEnv({ [name]: value })).toThrow(message);
  });
});

describe("listenFromEnv", () => {
  const listen = (env: Record<string, string>): [object, string[]] => {
    const warnings: string[] = [];
    return [listenFromEnv(env, { warn: (message) => warnings.push(message) }), warnings];
  };

  it("reads the addresses without TLS", () => {
    expect(
      listen({
        KONG_PROXY_LISTEN: "0.0.0.0:8000 reuseport backlog=16384, 0.0.0.0:8443 http2 ssl reuseport backlog=16384",
        KONG_ADMIN_LISTEN: "[::1]:8001",
        KONG_STATUS_LISTEN: "127.0.0.1:8100",
      }),
    ).toEqual([
      { proxy: { host: "0.0.0.0", port: 8000 }, admin: { host: "::1", port: 8001 }, status: { host: "127.0.0.1", port: 8100 } },
      ["proxy_listen: '0.0.0.0:8443' is not opened: there are no listeners with TLS"],
    ]);
  });

  it("opens nothing that is off or not set", () => {
    expect(listen({ KONG_ADMIN_LISTEN: "off" })).toEqual([{}, []]);
    expect(listen({})).toEqual([{}, []]);
  });

  it("says which addresses are too many or not as they should be", () => {
    const [found, warnings] = listen({ KONG_PROXY_LISTEN: "127.0.0.1:1 proxy_protocol, 127.0.0.1:2" });
    expect(found).toEqual({ proxy: { host: "127.0.0.1", port: 1 } });
    expect(warnings).toEqual([
      "proxy_listen: the PROXY protocol is not understood at '127.0.0.1:1'",
      "proxy_listen: '127.0.0.1:2' is not opened: there is one listener only",
    ]);
  });

  it.each(["8000", "unix:/tmp/a.sock", "a:b", "0.0.0.0:99999", ""])("refuses '%s'", (text) => {
    if (text === "") expect(listen({ KONG_PROXY_LISTEN: text })[0]).toEqual({});
    else expect(() => listen({ KONG_PROXY_LISTEN: text })).toThrow(/option 'proxy_listen': .* is no address with a port/);
  });
});

describe("optionsFromFile", () => {
  const conf = [
    "\uFEFF# the settings of a gateway",
    "database = off",
    "  Trusted_IPs=10.0.0.0/8   # behind the load balancer",
    "headers = 'server_tokens'",
    "pg_password = a\\#b",
    "nonsense",
    "real_ip_hedder = X-Client",
    "mem_cache_size = 1m",
    "mem_cache_size = 2m",
    "plugins =",
    "",
  ].join("\r\n");

  it("reads a kong.conf, over which variables win", async () => {
    const path = await file("kong.conf", conf);
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    const expected = {
      database: "off",
      trustedIps: ["10.0.0.0/8"],
      headers: ["server_tokens"],
      pgPassword: "a#b",
      memCacheSize: "2m",
    };
    expect(optionsFromFile(path, { warn })).toEqual(expected);
    expect(warnings).toEqual([
      `${path}:6: there is no "name = value" in this line`,
      `${path}:7: real_ip_hedder is no setting and is ignored; did you mean 'real_ip_header'?`,
    ]);
    expect(optionsFromFile(path, { warn, env: { KONG_MEM_CACHE_SIZE: "3m" } })).toEqual({ ...expected, memCacheSize: "3m" });
  });

  it("warns on the console, unless told otherwise", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    optionsFromFile(await file("bad.conf", "nonsense\n"));
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("[postern] "));
  });

  it("refuses a file that is not there", () => {
    expect(() => optionsFromFile(join(folder, "none.conf"))).toThrow(/option 'conf': the file cannot be read: ENOENT/);
  });

  it("reads whatever is written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { entries, faults } = parseConf(text);
        const lines = text.split(/\r?\n/).length;
        for (const { line } of entries.values()) expect(line).toBeLessThanOrEqual(lines);
        expect(faults.length).toBeLessThanOrEqual(lines);
      }),
    );
  });
});
