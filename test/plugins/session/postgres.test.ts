import { createGateway, type DeclarativeDocument } from "postern";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway } from "../../../src/testing/index.js";
import { echoUpstream } from "../../support/echo-upstream.js";
import { describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import { waitFor } from "../../support/wait-for.js";
import { ALICE, SECRET } from "./support.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

describePostgres("session in PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  test("is good at every gateway that shares the database, and over at all of them at once", async () => {
    await using upstream = await echoUpstream();
    const options = { database: "postgres", logger: quiet, ...(await server.database()) } as const;
    const first = createGateway(options);
    await first.migrations.bootstrap();
    await first.ready();
    await first.loadConfig({
      _format_version: "3.0",
      services: [
        {
          name: "echo",
          url: upstream.url,
          routes: [{ paths: ["/"] }],
          plugins: [
            { name: "session", config: { secret: SECRET, storage: "kong", store_metadata: true } },
            { name: "key-auth", config: { anonymous: "guest" } },
          ],
        },
      ],
      consumers: [ALICE, { username: "guest", plugins: [{ name: "request-termination", config: { status_code: 403 } }] }],
    } as DeclarativeDocument);
    await first.close();

    await using one = await startGateway(options);
    await using other = await startGateway(options);
    const login = await one.fetch("/", { headers: { apikey: "alice" } });
    const cookie = (login.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const status = async ({ fetch }: typeof one, init: RequestInit = {}, path = "/"): Promise<number> =>
      (await fetch(path, { ...init, headers: { cookie } })).status;
    // The gateway that began it waits for its record; the other one can only find it.
    expect(await status(one)).toBe(200);
    await waitFor(async () => (await status(other)) === 200, { what: "the session at the other gateway" });
    expect(await status(other, { method: "DELETE" }, "/?session_logout=1")).toBe(200);
    expect([await status(one), await status(other)]).toEqual([403, 403]);
    expect((await one.gateway.db.session_metadatas.page()).data).toEqual([]);
  });
});
