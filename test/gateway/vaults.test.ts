import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { definePlugin, defineVault, vaultTimes } from "postern";
import { afterEach, describe, expect, it, vi } from "vitest";
import { str } from "../../src/schema/field.js";
import { selfSigned } from "../support/self-signed.js";
import { testGateway } from "../support/test-gateway.js";

const tell = definePlugin({
  name: "tell",
  version: "1.0.0",
  priority: 10,
  config: { secret: str({ referenceable: true }), look: str(), open: str() },
  async access(pdk, { secret, look, open }) {
    const found = look === null ? null : await pdk.vault.get(look);
    return pdk.response.exit(200, { secret, open, found, isReference: pdk.vault.isReference(look) });
  },
});
const words = defineVault({
  name: "words",
  config: { ending: str({ required: true, default: "!" }) },
  get: ({ ending }, resource) => (resource === "none" ? undefined : `${resource}${ending}`),
});
const document = (config: object, more: object = {}) => ({
  _format_version: "3.0",
  routes: [{ paths: ["/"], plugins: [{ name: "tell", config }] }],
  ...more,
});
const logger = () => ({ debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() });

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("references to secrets", () => {
  it("are resolved for plugins, and kept in the store", async () => {
    vi.stubEnv("TELL_IT", "quiet");
    const reference = "{vault://env/tell-it}";
    await using gateway = await testGateway({
      config: document({ secret: reference, open: reference }),
      options: { plugins: [tell] },
    });
    vi.stubEnv("TELL_IT", "changed");
    const answer = await (await gateway.fetch("/")).json();
    expect(answer).toEqual({ secret: "quiet", open: reference, found: null, isReference: false });
    for await (const plugin of gateway.gateway.db.plugins.each()) expect(plugin.config.secret).toBe(reference);
  });

  it("go through vault entities and kinds of the host's own", async () => {
    vi.stubEnv("APP_PASS", "from env");
    const config = document(
      { secret: "{vault://app/pass}", look: "{vault://loud/hey?ending=?}" },
      {
        vaults: [
          { prefix: "app", name: "env", config: { prefix: "app-" } },
          { prefix: "loud", name: "words" },
        ],
      },
    );
    await using gateway = await testGateway({ config, options: { plugins: [tell], vaults: [words] } });
    expect(await (await gateway.fetch("/")).json()).toMatchObject({ secret: "from env", found: "hey?", isReference: true });
    await gateway.gateway.loadConfig(document({ secret: "{vault://words/hey}" }));
    expect(await (await gateway.fetch("/")).json()).toMatchObject({ secret: "hey!" });
  });

  it("that lead nowhere are empty, with a warning", async () => {
    const log = logger();
    const config = document({ secret: "{vault://words/none}" });
    await using gateway = await testGateway({ config, options: { plugins: [tell], vaults: [words], logger: log } });
    expect(await (await gateway.fetch("/")).json()).toMatchObject({ secret: "" });
    expect(log.warn).toHaveBeenCalledWith(
      "unable to resolve reference {vault://words/none} (could not get value from external vault (no value found))",
    );
  });

  it("are resolved for handshakes; a second pair that is not there does not spoil the first", async () => {
    vi.stubEnv("TLS_CERT", selfSigned.cert);
    vi.stubEnv("TLS_KEY", selfSigned.key);
    const certificate = {
      cert: "{vault://env/tls-cert}",
      key: "{vault://env/tls-key}",
      cert_alt: "{vault://env/none}",
      key_alt: "{vault://env/none}",
      snis: [{ name: "upstream.test" }],
    };
    const config = { _format_version: "3.0", certificates: [certificate] };
    await using gateway = await testGateway({ config, options: { logger: logger() } });
    const server = createServer({ SNICallback: gateway.gateway.sniCallback }, (socket) => socket.end()).listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const client = connect({ port, host: "127.0.0.1", servername: "upstream.test", ca: selfSigned.cert });
      await once(client, "secureConnect");
      expect(client.getPeerCertificate().subject.CN).toBe("upstream.test");
      client.destroy();
    } finally {
      server.close();
    }
  });

  it("may name variables with a prefix of the gateway's", async () => {
    vi.stubEnv("MINE_PASS", "prefixed");
    const config = document({ secret: "{vault://env/pass}" });
    await using gateway = await testGateway({ config, options: { plugins: [tell], vaultEnvPrefix: "mine-" } });
    expect(await (await gateway.fetch("/")).json()).toMatchObject({ secret: "prefixed" });
  });
});

describe("secrets that change", () => {
  /** Signs in with what it is configured with; what the server wants, the test says. */
  function world() {
    const clock = { now: 1_700_000_000_000 };
    const secrets = { password: "one", other: "same" };
    const server = { password: "one" };
    const configured: unknown[] = [];
    const far = defineVault({
      name: "far",
      config: { ...vaultTimes },
      get: (_config, resource) => secrets[resource as keyof typeof secrets],
    });
    const signIn = definePlugin({
      name: "sign-in",
      version: "1.0.0",
      priority: 10,
      config: { password: str({ referenceable: true }), plain: str() },
      configure: (configs = []) => void configured.push(configs.map(({ password }) => password)),
      async access(pdk, config) {
        if (pdk.request.getPath() === "/plain") return pdk.response.exit(200, { password: config.password });
        const tried: (string | null)[] = [];
        const signedIn = await pdk.vault.try(({ password }) => {
          tried.push(password);
          return password === server.password;
        }, config);
        return pdk.response.exit(200, { signedIn, tried, plain: (await pdk.vault.update({ a: ["{vault://far/other}"] })).a });
      },
    });
    const config = {
      _format_version: "3.0",
      vaults: [{ prefix: "short", name: "far", config: { ttl: 30 } }],
      routes: [{ paths: ["/"], plugins: [{ name: "sign-in", config: { password: "{vault://short/password}" } }] }],
    };
    return { clock, secrets, server, configured, config, options: { plugins: [signIn], vaults: [far], clock: () => clock.now } };
  }

  afterEach(() => {
    vi.useRealTimers();
  });

  it("reach plugins when their time is over", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { clock, secrets, config, configured, options } = world();
    await using gateway = await testGateway({ config, options });
    const password = async () => ((await (await gateway.fetch("/plain")).json()) as { password: string }).password;
    expect(await password()).toBe("one");
    secrets.password = "two";
    clock.now += 29_000;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await password()).toBe("one");
    clock.now += 60_000;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await password()).toBe("two");
    expect(configured).toEqual([["one"], ["two"]]);
  });

  it("are asked for again when they do not work, and what was made with the old ones is made anew", async () => {
    const { secrets, server, config, options } = world();
    await using gateway = await testGateway({ config, options });
    const answer = async (path = "/") => (await gateway.fetch(path)).json();
    expect(await answer()).toEqual({ signedIn: true, tried: ["one"], plain: ["same"] });
    secrets.password = "two";
    server.password = "two";
    expect(await answer()).toEqual({ signedIn: true, tried: ["one", "two"], plain: ["same"] });
    expect(await answer("/plain")).toEqual({ password: "two" });
    server.password = "three";
    expect(await answer()).toEqual({ signedIn: false, tried: ["two"], plain: ["same"] });
  });

  it("are asked for again when a configuration is loaded", async () => {
    const { secrets, config, options } = world();
    await using gateway = await testGateway({ config, options });
    secrets.password = "two";
    await gateway.gateway.loadConfig({ ...config, _comment: "again" } as never);
    expect(await (await gateway.fetch("/plain")).json()).toEqual({ password: "two" });
  });
});
