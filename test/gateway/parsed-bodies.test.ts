import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import express from "express";
import { createGateway, type Gateway } from "postern";
import { expect, it } from "vitest";
import { type EchoRecord, echoUpstream } from "../support/echo-upstream.js";
import { keptLog, probe } from "./support.js";

interface Parsed {
  readonly type?: string;
  readonly encoding?: string;
  readonly body: string | Buffer | FormData;
}

/** What an upstream gets of a POST through an Express app with these parsers before the gateway. */
async function posted(
  parsers: readonly express.RequestHandler[],
  { type, encoding, body }: Parsed,
  method = "POST",
): Promise<EchoRecord> {
  await using upstream = await echoUpstream();
  const gateway = createGateway({
    declarativeConfig: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ name: "all", paths: ["/"] }] }],
    },
    logger: keptLog(),
  });
  const response = await ask(gateway, parsers, {
    method,
    headers: {
      ...(type === undefined ? {} : { "content-type": type }),
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    },
    body: body instanceof Buffer ? new Uint8Array(body) : body,
  });
  expect(response.status).toBe(200);
  const record = (await response.json()) as EchoRecord;
  await gateway.close();
  return record;
}

async function ask(gateway: Gateway, parsers: readonly express.RequestHandler[], init: RequestInit): Promise<Response> {
  const app = express();
  for (const parser of parsers) app.use(parser);
  app.use(gateway.handler);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, init);
  const body = await response.arrayBuffer();
  server.closeAllConnections();
  server.close();
  return new Response(body, response);
}

const keepRaw = { verify: (req: IncomingMessage, _res: unknown, buf: Buffer) => void Object.assign(req, { rawBody: buf }) };
const FORM = "application/x-www-form-urlencoded";

it.each([
  ["json", express.json(), "application/json", '{"a":[1,2,{"b":"ü"}]}'],
  ["json of a subtype", express.json({ type: "*/*" }), "application/vnd.api+json; charset=utf-8", '{"data":null}'],
  ["a JSON text that is no object", express.json({ strict: false }), "application/json", "42"],
  ["a plain form", express.urlencoded({ extended: false }), FORM, "a=1&a=2&b=x+y&c="],
  ["an extended form", express.urlencoded({ extended: true }), FORM, "a=1&a=2&b=x+y&c="],
  ["text", express.text(), "text/plain", "höllo"],
  ["bytes", express.raw(), "application/octet-stream", "\u0000\u0001ab"],
])("restores %s", async (_what, parser, type, body) => {
  const record = await posted([parser], { type, body });
  expect(record.body).toBe(body);
  expect(record.headers).toMatchObject({ "content-type": type, "content-length": String(Buffer.byteLength(body)) });
  expect(record.headers).not.toHaveProperty("transfer-encoding");
});

it("restores what an extended form nests", async () => {
  const { body } = await posted([express.urlencoded({ extended: true })], {
    type: FORM,
    body: "a[b]=1&a[c][d]=2&list[]=x&list[]=y",
  });
  expect(decodeURIComponent(body)).toMatch(/a\[b\]=1&a\[c\]\[d\]=2&list(\[\])?=x&list(\[\])?=y/);
});

it("prefers the bytes that a parser's `verify` kept", async () => {
  const body = '{ "spaced":  1,\n"dup": 1, "dup": 2 }';
  expect((await posted([express.json(keepRaw)], { type: "application/json", body })).body).toBe(body);
});

it("takes Content-Encoding off what the parser has inflated", async () => {
  const body = JSON.stringify({ text: "x".repeat(1_000) });
  const record = await posted([express.json()], { type: "application/json", encoding: "gzip", body: gzipSync(body) });
  expect(record.body).toBe(body);
  expect(record.headers).not.toHaveProperty("content-encoding");
  expect(record.headers["content-length"]).toBe(String(body.length));
});

it("says so when the bytes are no longer in the client's charset", async () => {
  const latin1 = Buffer.from("gr\u00fcn", "latin1");
  const record = await posted([express.text()], { type: "text/plain; charset=iso-8859-1", body: latin1 });
  expect([record.body, record.headers["content-type"]]).toEqual(["grün", "text/plain; charset=utf-8"]);
});

it("leaves alone what no parser has touched", async () => {
  const form = new FormData();
  form.set("file", new Blob(["content"]), "a.txt");
  const all = [express.json(), express.urlencoded({ extended: true }), express.text(), express.raw()];
  const record = await posted(all, { body: form });
  expect(record.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  expect(record.body).toContain('filename="a.txt"');
});

it.each(["POST", "DELETE"])("sends no body where there was none (%s)", async (method) => {
  const record = await posted([express.json()], { type: "application/json", body: "" }, method);
  expect(record.body).toBe("");
});

it("answers 500 and says why when a body is gone for good", async () => {
  await using upstream = await echoUpstream();
  const log = keptLog();
  const gateway = createGateway({
    declarativeConfig: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ name: "all", paths: ["/"] }] }],
    },
    logger: log,
  });
  const swallow: express.RequestHandler = (req, _res, next) => void req.resume().on("end", () => next());
  const response = await ask(gateway, [swallow], { method: "POST", headers: { "content-type": "image/png" }, body: "bytes" });
  expect(response.status).toBe(500);
  expect(log.errors.join()).toContain("was read by another middleware");
  expect(upstream.requests).toEqual([]);
  await gateway.close();
});

it("gives plugins the restored body too", async () => {
  await using upstream = await echoUpstream();
  const reads = probe("reads", {
    async access(pdk) {
      const { body } = await pdk.request.getBody();
      pdk.service.request.setHeader("X-Read", JSON.stringify(body));
    },
  });
  const gateway = createGateway({
    declarativeConfig: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ name: "all", paths: ["/"] }], plugins: [{ name: "reads" }] }],
    },
    plugins: [reads],
    logger: keptLog(),
  });
  const response = await ask(gateway, [express.json()], {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":1}',
  });
  const record = (await response.json()) as EchoRecord;
  expect([record.body, record.headers["x-read"]]).toEqual(['{"a":1}', '{"a":1}']);
  await gateway.close();
});
