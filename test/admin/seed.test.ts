import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveGateway, live } from "./live.js";

// The transcript of the seed document, with the client that it uses.

const run = promisify(execFile);
let node: LiveGateway;
let folder: string;
beforeAll(async () => {
  node = await live({ database: "off" });
  folder = await mkdtemp(join(tmpdir(), "postern-"));
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Transcript {
  readonly status: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function curl(...args: string[]): Promise<Transcript> {
  const { stdout } = await run("curl", ["-s", "-i", ...args], { cwd: folder });
  const [head = "", ...body] = stdout.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  const headers = lines
    .map((line) => /^([^:]+): (.*)$/.exec(line))
    .map((parts) => [parts?.[1]?.toLowerCase() ?? "", parts?.[2] ?? ""]);
  return { status, headers: Object.fromEntries(headers), body: body.join("\r\n\r\n") };
}

const at = (path: string): string => `http://127.0.0.1:${node.ports.admin}${path}`;
const common = {
  "access-control-allow-origin": "*",
  connection: "keep-alive",
  "content-type": "application/json; charset=utf-8",
};

describe("DB-less and declarative configuration", () => {
  it("curl -i -X GET http://localhost:8001", async () => {
    const { status, headers, body } = await curl("-X", "GET", at(""));
    expect(status).toBe("HTTP/1.1 200 OK");
    expect(headers).toMatchObject({
      ...common,
      "content-length": String(Buffer.byteLength(body)),
      date: expect.any(String),
      server: expect.any(String),
    });
    expect(JSON.parse(body)).toMatchObject({ configuration: { database: "off" }, version: "3.10.0" });
  });

  it("curl -i -X GET http://localhost:8001/routes", async () => {
    const { status, headers, body } = await curl("-X", "GET", at("/routes"));
    expect(status).toBe("HTTP/1.1 200 OK");
    expect(headers).toMatchObject({ ...common, "content-length": "23" });
    expect(body).toBe('{"data":[],"next":null}');
  });

  it("curl -i -X POST http://localhost:8001/config --form config=@kong.yml", async () => {
    const document = `_format_version: "3.0"
_transform: true

services:
- name: my-service
  url: https://example.com
  plugins:
  - name: key-auth
  routes:
  - name: my-route
    paths:
    - /

consumers:
- username: my-user
  keyauth_credentials:
  - key: my-key
`;
    await writeFile(join(folder, "kong.yml"), document);
    const { status, body } = await curl("-X", "POST", at("/config"), "--form", "config=@kong.yml");
    expect(status).toBe("HTTP/1.1 201 Created");
    expect(Object.keys(JSON.parse(body)).sort()).toEqual(["consumers", "keyauth_credentials", "plugins", "routes", "services"]);
    expect((await node.ask("GET", "/services/my-service")).body).toMatchObject({
      host: "example.com",
      port: 443,
      protocol: "https",
    });
    expect((await node.ask("GET", "/consumers/my-user/key-auth/my-key")).status).toBe(200);
  });

  it.each(["services", "plugins"])("POST in /%s returns 405", async (entity) => {
    const body = entity === "services" ? "name=other&host=h" : "name=cors";
    const { status, body: text } = await curl("-X", "POST", at(`/${entity}`), "--data", body);
    expect(status).toBe("HTTP/1.1 405 Method Not Allowed");
    expect(JSON.parse(text)).toEqual({
      code: 12,
      name: "operation unsupported",
      message: `cannot create '${entity}' entities when not using a database`,
    });
  });

  it("using POST to set the health state of targets is still enabled", async () => {
    await node.gateway.loadConfig({ _format_version: "3.0", upstreams: [{ name: "u", targets: [{ target: "10.0.0.1:80" }] }] });
    expect((await curl("-X", "POST", at("/upstreams/u/targets/10.0.0.1:80/unhealthy"))).status).toBe("HTTP/1.1 204 No Content");
    expect(node.gateway.targetHealth("u")).toMatchObject([{ health: "UNHEALTHY" }]);
  });
});
