import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createGateway, type Gateway } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silent } from "./live.js";

// `gateway.admin` on a server of node:http2, whose requests look like those of node:http but for some members.

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

describe("the Admin API over HTTP/2", () => {
  const servers: ReturnType<typeof createServer>[] = [];
  const gateways: Gateway[] = [];
  let ports: Readonly<Record<"memory" | "off", number>>;

  async function mounted(database: "memory" | "off"): Promise<number> {
    const gateway = createGateway({ database, logger: silent });
    const server = createServer((req, res) => gateway.admin(req as never, res as never));
    servers.push(server);
    gateways.push(gateway as Gateway);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  beforeAll(async () => {
    ports = { memory: await mounted("memory"), off: await mounted("off") };
  });
  afterAll(async () => {
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    for (const gateway of gateways) await gateway.close({ graceMs: 0 });
  });

  function ask(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string | readonly string[]>> = {},
    database: "memory" | "off" = "memory",
  ): Promise<Answered> {
    const session = connect(`http://127.0.0.1:${ports[database]}`);
    return new Promise<Answered>((resolve, reject) => {
      const sent = { ":method": method, ":path": path, ...headers } as Record<string, string>;
      const stream = session.request(sent, { endStream: body === undefined });
      let answered = {};
      let text = "";
      session.on("error", reject);
      stream
        .setEncoding("utf8")
        .on("response", (head) => {
          answered = head;
        })
        .on("data", (chunk: string) => {
          text += chunk;
        })
        .on("end", () => resolve({ status: Number((answered as { ":status"?: number })[":status"]), headers: answered, text }))
        .on("error", reject);
      if (body !== undefined) stream.end(body);
    }).finally(() => session.close());
  }

  const json = { "content-type": "application/json" };

  it("takes JSON, forms and multipart", async () => {
    const made = await ask("POST", "/services", '{"name":"s","host":"a.test"}', json);
    expect([made.status, JSON.parse(made.text)]).toEqual([201, expect.objectContaining({ name: "s", host: "a.test" })]);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await ask("PATCH", "/services/s", "retries=3&tags[]=a", form)).status).toBe(200);
    const part = '--b\r\nContent-Disposition: form-data; name="port"\r\n\r\n81\r\n--b--\r\n';
    expect((await ask("PATCH", "/services/s", part, { "content-type": "multipart/form-data; boundary=b" })).status).toBe(200);
    expect(JSON.parse((await ask("GET", "/services/s")).text)).toMatchObject({ retries: 3, tags: ["a"], port: 81 });
    expect((await ask("DELETE", "/services/s")).status).toBe(204);
  });

  it("takes a configuration", async () => {
    const yaml = '_format_version: "3.0"\nservices:\n- { name: s, host: a.test }\n';
    expect((await ask("POST", "/config", yaml, { "content-type": "text/yaml" }, "off")).status).toBe(201);
    expect((await ask("GET", "/services/s", undefined, {}, "off")).status).toBe(200);
    expect(await ask("POST", "/config", undefined, {}, "off")).toMatchObject({
      status: 400,
      text: '{"message":"expected a declarative configuration"}',
    });
  });

  it("answers HEAD and OPTIONS, and refuses as over HTTP/1.1", async () => {
    const get = await ask("GET", "/services");
    const head = await ask("HEAD", "/services");
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", get.headers["content-length"]]);
    expect(await ask("OPTIONS", "/services")).toMatchObject({ status: 204, headers: { allow: "GET, HEAD, OPTIONS, POST" } });
    expect((await ask("PURGE", "/services")).status).toBe(405);
    expect((await ask("GET", "/nowhere")).status).toBe(404);
    expect(await ask("POST", "/services", "{", json)).toMatchObject({
      status: 400,
      text: '{"message":"Cannot parse JSON body"}',
    });
    expect((await ask("POST", "/services", "x", { "content-type": "text/plain" })).status).toBe(415);
  });

  it("knows a body by what comes, since none has to be announced", async () => {
    expect((await ask("POST", "/services", "{}")).status).toBe(415);
    expect(await ask("POST", "/services")).toMatchObject({ status: 400, text: expect.stringContaining("host: required") });
  });
});
