import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Database } from "../../../src/store/strategies/postgres/database.js";
import { type PostgresOptions, postgresSettings } from "../../../src/store/strategies/postgres/settings.js";
import { describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import { leafCertificate, selfSigned } from "../../support/self-signed.js";

const usesTls = "SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

describePostgres("TLS to PostgreSQL", () => {
  let server: PostgresServer;
  let strict: PostgresServer;
  let plain: PostgresServer;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    [server, strict, plain] = await Promise.all([
      startPostgres({ tls: selfSigned }),
      startPostgres({ tls: selfSigned, clientCertificates: true }),
      startPostgres(),
    ]);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => Promise.all([server.stop(), strict.stop(), plain.stop()]));

  /** What the server says of a connection with these settings. */
  async function connection(to: PostgresServer, options: PostgresOptions) {
    const database = new Database(postgresSettings({ ...(await to.database()), ...options }), { application: "postern test" });
    closing.push(() => database.close());
    await database.connect();
    const [[ssl, subject] = []] = await database.read(usesTls);
    return { ssl, subject };
  }

  test("is not used unless it is asked for", async () => {
    expect(await connection(server, {})).toMatchObject({ ssl: false });
    expect(await connection(server, { pgSsl: true })).toMatchObject({ ssl: true });
  });

  test("checks the certificate when it is told to", async () => {
    const verified = { pgSsl: true, pgSslRequired: true, pgSslVerify: true };
    await expect(connection(server, verified)).rejects.toThrow(/self-signed certificate/);
    await expect(connection(server, { ...verified, pgSslCa: leafCertificate })).rejects.toThrow(/certificate/);
    expect(await connection(server, { ...verified, pgSslCa: selfSigned.cert })).toMatchObject({ ssl: true });
  });

  test("checks the name in the certificate too", async () => {
    // The certificate is for 127.0.0.1 and localhost, and not for this other way to say the same.
    const options = { pgHost: "127.1", pgSsl: true, pgSslVerify: true, pgSslCa: selfSigned.cert };
    await expect(connection(server, options)).rejects.toThrow(/altnames|does not match/);
  });

  test("shows our own certificate to a server that wants one", async () => {
    await expect(connection(strict, { pgSsl: true })).rejects.toThrow(/certificate/);
    const own = { pgSslCert: selfSigned.cert, pgSslCertKey: selfSigned.key };
    expect(await connection(strict, { pgSsl: true, ...own })).toEqual({ ssl: true, subject: "/CN=upstream.test" });
  });

  test("is done without where the server has none, unless it is required", async () => {
    expect(await connection(plain, { pgSsl: true })).toMatchObject({ ssl: false });
    await expect(connection(plain, { pgSsl: true, pgSslRequired: true })).rejects.toThrow(/does not support SSL/);
  });

  test("is used by the connection that listens as well", async () => {
    const database = new Database(postgresSettings({ ...(await server.database()), pgSsl: true }), {
      application: "postern test",
    });
    closing.push(() => database.close());
    await database.connect();
    const listener = await database.open();
    const { rows } = await listener.query(usesTls);
    await listener.end();
    expect(rows).toMatchObject([{ ssl: true }]);
  });
});
