import type { GatewayOptions } from "postern";
import { afterAll, beforeAll, describe } from "vitest";
import { describePostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { type LiveGateway, live } from "./live.js";

/** How a gateway keeps its entities. */
export type Mode = "off" | "memory" | "postgres";

/** Starts a gateway of one mode. A `declarativeConfig` is what is in it at first, in each of them. */
export type Start = (options?: Omit<GatewayOptions, "database">) => Promise<LiveGateway>;

/** The same tests in several modes; with PostgreSQL where there is one, each gateway in a database of its own. */
export function describeModes(name: string, modes: readonly Mode[], body: (start: Start, mode: Mode) => void): void {
  for (const mode of modes) {
    if (mode !== "postgres") {
      describe(`${name}, database ${mode}`, () => body((options) => live({ database: mode, ...options }), mode));
      continue;
    }
    describePostgres(`${name}, database postgres`, () => {
      let server: PostgresServer | undefined;
      beforeAll(async () => {
        server = await startPostgres();
      });
      afterAll(() => server?.stop());
      body(async ({ declarativeConfig, ...options } = {}) => {
        const node = await live({ database: "postgres", ...(await server?.database()), ...options });
        await node.gateway.migrations.bootstrap();
        await node.gateway.ready();
        if (declarativeConfig !== undefined) await node.gateway.loadConfig(declarativeConfig);
        return node;
      }, mode);
    });
  }
}
