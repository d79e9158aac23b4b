import { createGateway } from "postern";
import { describe, expect, it } from "vitest";

/** The faults of the plugin's configuration. */
async function faultsOf(config: object, more: object = {}): Promise<unknown> {
  try {
    const gateway = createGateway({
      _format_version: "3.0",
      plugins: [{ name: "request-transformer", config, ...more }],
    } as never);
    await gateway.close();
    return undefined;
  } catch (error) {
    return (error as { fields: { plugins?: { config?: unknown; protocols?: unknown }[] } }).fields.plugins?.[0]?.config;
  }
}

describe("request-transformer, configuration", () => {
  it("is complete without any", async () => {
    expect(await faultsOf({})).toBeUndefined();
  });

  it.each(["add", "append", "replace"])("%s.headers needs a colon and a header name", async (step) => {
    const faults = await faultsOf({ [step]: { headers: ["just_a_key", "bad name:x", "x:y", "x:", "x:a:b"] } });
    expect(faults).toEqual({ [step]: { headers: ["invalid value: just_a_key", "'bad name' is not a valid header"] } });
  });

  it("rename.headers needs two header names", async () => {
    const faults = await faultsOf({ rename: { headers: ["a:b", "key", "bad name:x", "x:bad name", "x:"] } });
    expect(faults).toEqual({
      rename: {
        headers: [
          null,
          "invalid value: key",
          "'bad name' is not a valid header",
          "'bad name' is not a valid header",
          "'' is not a valid header",
        ],
      },
    });
  });

  it("remove.headers takes header names, whatever follows a colon", async () => {
    expect(await faultsOf({ remove: { headers: ["x-a", "x-b:what", "not one"] } })).toEqual({
      remove: { headers: [null, null, "'not one' is not a valid header"] },
    });
  });

  it.each(["rename", "replace", "add", "append"])("%s.body and .querystring need a value", async (step) => {
    const list = ["a:b", "key", "key:"];
    const faults = [null, "key 'key' has no value", "key 'key' has no value"];
    expect(await faultsOf({ [step]: { body: list, querystring: list } })).toEqual({
      [step]: { body: faults, querystring: faults },
    });
  });

  it("remove.body and .querystring take any name", async () => {
    expect(await faultsOf({ remove: { body: ["a", "b:c"], querystring: ["a[b]"] } })).toBeUndefined();
  });

  it("no list may be null", async () => {
    expect(await faultsOf({ add: { headers: null }, remove: { body: null } })).toEqual({
      add: { headers: "required field missing" },
      remove: { body: "required field missing" },
    });
  });

  it("http_method is in capital letters", async () => {
    expect(await faultsOf({ http_method: "get" })).toEqual({ http_method: "invalid value: get" });
    expect(await faultsOf({ http_method: "GET" })).toBeUndefined();
  });

  it.each([
    ["add", "headers"],
    ["append", "body"],
    ["replace", "querystring"],
    ["rename", "querystring"],
  ])("%s.%s: code that is no template is refused", async (step, part) => {
    const faults = (await faultsOf({ [step]: { [part]: ["x:$(a b)"] } })) as Record<string, Record<string, string[]>>;
    expect(faults[step]?.[part]?.[0]).toMatch(/^value '\$\(a b\)' is not in supported format, error:/);
  });

  it("replace.uri: what templates may not do is refused, with the place and the reason", async () => {
    expect(await faultsOf({ replace: { uri: "/$((function() x = 1 end)())" } })).toEqual({
      replace: {
        uri: "value '/$((function() x = 1 end)())' is not in supported format, error:cannot assign to 'x': only local variables can be changed",
      },
    });
  });

  it("may name any protocol", async () => {
    expect(await faultsOf({}, { protocols: ["http", "tcp", "tls", "udp", "tls_passthrough"] })).toBeUndefined();
  });
});
