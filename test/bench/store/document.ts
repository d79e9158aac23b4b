/** A document of any size with the mix of entities that gateways have: mostly routes, consumers and their keys. */
import { createHash } from "node:crypto";

type Row = Record<string, unknown>;

/** Deterministic, so that every process measures the same document. */
function hex(...parts: readonly (string | number)[]): string {
  return createHash("md5").update(parts.join("|")).digest("hex");
}

/**
 * @param count - entities in all: 1 service and 1 plugin to 3 routes, 2 consumers and 3 keys
 */
export function benchDocument(count: number): Row {
  const groups = Math.ceil(count / 10);
  const services: Row[] = [];
  const routes: Row[] = [];
  const plugins: Row[] = [];
  const consumers: Row[] = [];
  const keys: Row[] = [];
  for (let group = 0; group < groups; group++) {
    const service = `service-${group}`;
    services.push({
      name: service,
      url: `http://${service}.internal.example.com:8080/v1`,
      retries: 3,
      tags: ["team-a", `zone-${group % 7}`],
    });
    for (const kind of ["public", "private", "admin"]) {
      const name = `${service}-${kind}`;
      routes.push({
        name,
        service,
        paths: [`/${kind}/${service}`],
        methods: ["GET", "POST"],
        hosts: [`${kind}.example.com`],
        strip_path: true,
      });
    }
    plugins.push({
      name: "rate-limiting",
      service,
      config: { minute: 100 + (group % 50), policy: "local", limit_by: "consumer" },
    });
    for (const half of ["a", "b"]) {
      const username = `user-${group}-${half}`;
      consumers.push({ username, custom_id: hex("custom", group, half), tags: ["beta"] });
    }
    for (const half of ["a", "b", "b"])
      keys.push({ consumer: `user-${group}-${half}`, key: hex("key", group, half, keys.length) });
  }
  return { _format_version: "3.0", services, routes, plugins, consumers, keyauth_credentials: keys };
}
