import { createGateway } from "postern";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { md5 } from "../../src/util/md5.js";
import { live } from "./live.js";
import { serve, startAdmin, type TestAdmin } from "./support.js";
import { ids } from "./world.js";

const document = { _format_version: "3.0", services: [{ id: ids.orders, name: "orders", host: "orders.test" }] };
const yaml = `_format_version: "3.0"\nservices:\n- { id: ${ids.orders}, name: orders, host: orders.test }\n`;
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

async function post(admin: TestAdmin, init: RequestInit, query = ""): Promise<{ status: number; body: unknown }> {
  return admin.ask(`/config${query}`, { method: "POST", ...init });
}

const multipart = (file: boolean): FormData => {
  const data = new FormData();
  if (file) data.set("config", new Blob([yaml]), "kong.yml");
  else data.set("config", yaml);
  return data;
};

function withoutConfig(): FormData {
  const data = new FormData();
  data.set("confg", yaml);
  return data;
}

describe("POST /config takes", () => {
  it.each<[string, RequestInit]>([
    ["a document as JSON", { headers: json, body: JSON.stringify(document) }],
    ["JSON text in `config`", { headers: json, body: JSON.stringify({ config: JSON.stringify(document) }) }],
    ["YAML text in `config`", { headers: json, body: JSON.stringify({ config: yaml, type: "yml" }) }],
    ["raw YAML", { headers: { "content-type": "text/yaml" }, body: yaml }],
    ["raw YAML by its other type", { headers: { "content-type": "application/yaml" }, body: yaml }],
    ["YAML that says it is a form, as `curl --data-binary` sends it", { headers: form, body: yaml }],
    ["a field of a form", { body: new URLSearchParams({ config: yaml }) }],
    ["a multipart field", { body: multipart(false) }],
    ["a file", { body: multipart(true) }],
  ])("%s", async (_what, init) => {
    await using admin = await startAdmin();
    const { status, body } = await post(admin, init);
    expect(status).toBe(201);
    expect(body).toEqual({ services: { [ids.orders]: expect.objectContaining({ name: "orders", retries: 5, path: null }) } });
    expect(await admin.ask("/services/orders")).toMatchObject({ status: 200 });
  });
});

describe("POST /config", () => {
  it("answers an empty document with an empty object", async () => {
    await using admin = await startAdmin();
    expect(await admin.send("POST", "/config", { _format_version: "3.0" })).toEqual({ status: 201, body: {} });
  });

  it("is 304 with `check_hash` when the text is in force already", async () => {
    await using admin = await startAdmin();
    const text = { headers: { "content-type": "text/yaml" }, body: yaml };
    expect((await post(admin, text, "?check_hash=1")).status).toBe(201);
    expect(await admin.ask("/status")).toMatchObject({ body: { configuration_hash: md5(yaml) } });
    expect(await post(admin, text, "?check_hash=1")).toEqual({ status: 304, body: undefined });
    expect((await admin.send("POST", "/config", { config: yaml, check_hash: 1 })).status).toBe(304);
    expect((await post(admin, text)).status).toBe(201);
    expect((await post(admin, text, "?check_hash=true")).status).toBe(201);
    expect((await post(admin, { headers: json, body: JSON.stringify(document) }, "?check_hash=1")).status).toBe(201);
  });

  it("refuses a bad document and keeps the old one", async () => {
    await using admin = await startAdmin(document);
    const refused = await admin.send("POST", "/config", { _format_version: "3.0", services: [{ name: "x" }], zzz: 1 });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 14, fields: { services: [{ host: "required field missing" }], zzz: "unknown field" } },
    });
    expect(await admin.ask("/services/orders")).toMatchObject({ status: 200 });
  });

  it.each([["?flatten_errors=1"], ["?flatten_errors=YES"]])("takes entities' faults out of the tree with %s", async (query) => {
    await using admin = await startAdmin();
    const { body } = await post(
      admin,
      { headers: json, body: JSON.stringify({ ...document, services: [{ name: "x" }] }) },
      query,
    );
    expect(body).toMatchObject({
      message: "declarative config is invalid: {}",
      fields: {},
      flattened_errors: [{ entity_type: "service", entity_name: "x" }],
    });
  });

  it("takes further parameters as keys of a document", async () => {
    await using admin = await startAdmin();
    const { body } = await post(admin, { headers: json, body: JSON.stringify(document) }, "?other=1");
    expect(body).toMatchObject({ fields: { other: "unknown field" } });
  });

  it.each<[string, RequestInit, string]>([
    ["nothing", {}, "expected a declarative configuration"],
    ["a form without it", { body: new URLSearchParams({}) }, "expected a declarative configuration"],
    ["multipart without it", { body: withoutConfig() }, "expected a declarative configuration"],
    [
      "`config` that is no text",
      { headers: json, body: '{"config":{"_format_version":"3.0"}}' },
      "expected a declarative configuration",
    ],
    ["broken JSON", { headers: json, body: "{" }, "Cannot parse JSON body"],
    ["empty JSON", { headers: json, body: "" }, "Cannot parse JSON body"],
  ])("is 400 for %s", async (_what, init, message) => {
    await using admin = await startAdmin();
    expect(await post(admin, init)).toEqual({ status: 400, body: { message } });
  });

  it("takes JSON that is no document for text, and says what is wrong with it", async () => {
    await using admin = await startAdmin();
    for (const body of ["5", "[]", "{}"])
      expect(await post(admin, { headers: json, body })).toMatchObject({ status: 400, body: { code: 14 } });
  });
});

describe("GET /config", () => {
  it("shows what is in force as YAML, which loads again", async () => {
    await using node = await live();
    const empty = await node.ask("GET", "/config");
    expect([empty.status, parse(empty.body.config)]).toEqual([200, { _format_version: "3.0", _transform: false }]);
    const disabled = { ...document, services: [{ ...document.services[0], enabled: false }] };
    expect((await node.ask("POST", "/config", disabled)).status).toBe(201);
    const { config } = (await node.ask("GET", "/config")).body as { config: string };
    expect(config).toContain("name: orders");
    await using other = await live();
    expect((await other.ask("POST", "/config", { config })).status).toBe(201);
    const [one, two] = [await node.ask("GET", "/services/orders"), await other.ask("GET", "/services/orders")];
    // That is always the time of the load.
    const updated_at = expect.any(Number);
    expect(two.body).toEqual({ ...one.body, updated_at });
    expect(two.body).toMatchObject({ id: ids.orders, enabled: false });
  });
});

describe("/config", () => {
  it.each(["GET", "POST"])("%s is there without a database only", async (method) => {
    await using node = await live({ database: "memory" });
    const body = method === "POST" ? { _format_version: "3.0" } : undefined;
    expect(await node.ask(method, "/config", body)).toMatchObject({
      status: 400,
      body: { message: "this endpoint is only available when Kong is configured to not use a database" },
    });
  });

  it("takes one document at a time", async () => {
    await using admin = await startAdmin(undefined, { isLoading: () => true });
    const response = await admin.fetch("/config", { method: "POST", headers: json, body: JSON.stringify(document) });
    expect([response.status, await response.json()]).toEqual([429, { message: "Currently loading previous configuration" }]);
    expect(response.headers.get("retry-after")).toBe("1");
  });

  it("is over when the gateway is closed", async () => {
    const gateway = createGateway();
    await gateway.close();
    await using server = await serve(gateway.admin);
    const response = await fetch(`${server.url}/config`, { method: "POST", headers: json, body: JSON.stringify(document) });
    expect([response.status, await response.json()]).toEqual([503, { message: "Kong currently exiting" }]);
  });
});
