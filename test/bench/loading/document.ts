/** A document of services, each with a route and a plugin nested in it: three entities apiece. */
import { closeSync, openSync, writeSync } from "node:fs";

/** What differs between two versions of the same document. */
export interface Version {
  /** Retries of the service in the middle. */
  readonly retries: number;
  /** The names of services begin with it. Default `service`. */
  readonly name?: string;
}

/** Where requests to the first routes go. */
export interface Upstream {
  readonly port: number;
}

export type Format = "json" | "yaml";

function service(index: number, { retries, name = "service" }: Version, { port }: Upstream): Record<string, unknown> {
  return {
    name: `${name}-${index}`,
    url: `http://127.0.0.1:${port}/v1`,
    retries,
    tags: ["team-a", `zone-${index % 7}`],
    routes: [
      {
        name: `route-of-${name}-${index}`,
        paths: [`/api/${name}-${index}`],
        methods: ["GET", "POST"],
        hosts: [`host-${index % 100}.example.com`],
        strip_path: true,
      },
    ],
    plugins: [{ name: "rate-limiting", config: { minute: 1_000_000 + (index % 50), policy: "local", limit_by: "ip" } }],
  };
}

/** In block style, as people and tools write it. */
function yamlText(value: unknown, indent: string): string {
  if (Array.isArray(value)) return value.map((item) => `\n${indent}- ${yamlText(item, `${indent}  `).trimStart()}`).join("");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([key, member]) => {
      const isNested = typeof member === "object" && member !== null;
      const text = yamlText(member, `${indent}  `);
      return `\n${indent}${key}:${isNested ? text : ` ${text}`}`;
    })
    .join("");
}

/**
 * Writes a document to a file, piece by piece.
 *
 * @param count - services
 */
export function writeDocument(file: string, count: number, format: Format, version: Version, upstream: Upstream): void {
  const out = openSync(file, "w");
  writeSync(out, format === "json" ? '{"_format_version":"3.0","services":[' : '_format_version: "3.0"\nservices:');
  const batch = 1000;
  for (let start = 0; start < count; start += batch) {
    const services = Array.from({ length: Math.min(batch, count - start) }, (_, offset) => {
      const index = start + offset;
      return service(index, index === count >> 1 ? version : { ...version, retries: 3 }, upstream);
    });
    if (format === "json") writeSync(out, (start === 0 ? "" : ",") + services.map((one) => JSON.stringify(one)).join(","));
    else writeSync(out, yamlText(services, ""));
  }
  writeSync(out, format === "json" ? "]}" : "\n");
  closeSync(out);
}
