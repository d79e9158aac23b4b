import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { definePlugin, defineVault } from "postern";
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
