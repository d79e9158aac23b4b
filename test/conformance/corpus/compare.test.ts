// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the recordings spell their wildcards so
import { describe, expect, it } from "vitest";
import type { RawResponse } from "../../support/raw-response.js";
import { comparableFields, differences } from "./compare.js";
import type { CorpusRecord } from "./corpus.js";

const echoed = { method: "GET", url: "/a", headers: { host: "h", via: "1.1 ours", "x-id": "7", "user-agent": "u" }, body: "" };
const record: CorpusRecord = {
  request: { what: "plain", method: "GET", path: "/a", headers: { host: "h" } },
  response: { status: 200, headers: { "content-type": "application/json", "x-id": "${any}" }, body: "${echo}" },
  upstream: { method: "GET", url: "/a", headers: { host: "h", via: "1.1 kong/3.10.0", "x-id": "${any}" } },
};

function answer(headers: Record<string, string>, text: string, status = 200): RawResponse {
  return { status, reason: "", rawHeaders: [], headers, body: Buffer.from(text), text, interim: [] };
}

describe("differences", () => {
  it("finds none in what agrees", () => {
    const response = answer(
      { "content-type": "application/json", "x-id": "8", server: "postern", date: "now" },
      JSON.stringify(echoed),
    );
    expect(differences(record, { response, arrived: [echoed] }, "1.1 ours")).toEqual([]);
  });

  it("names each field that differs", () => {
    const response = answer({ "content-type": "text/plain", extra: "1" }, "other", 404);
    expect(differences(record, { response, arrived: [] }, "1.1 ours")).toEqual([
      "status: 404, expected 200",
      'header content-type: "text/plain", expected "application/json"',
      'header extra: "1", expected nothing',
      'header x-id: nothing, expected "${any}"',
      "upstream: nothing arrived, expected GET /a",
    ]);
  });

  it("looks into JSON bodies, and minds a request that should not arrive", () => {
    const refused: CorpusRecord = {
      ...record,
      response: { status: 401, headers: {}, body: { message: "no", request_id: "${any}" } },
      upstream: null,
    };
    const response = answer({}, '{"message":"yes","request_id":"1"}', 401);
    expect(differences(refused, { response, arrived: [echoed] }, "1.1 ours")).toEqual([
      'body.message: "yes", expected "no"',
      "upstream: nothing should arrive, got GET /a",
    ]);
  });

  it("compares nothing of an unstable record", () => {
    expect(differences({ ...record, unstable: true }, { response: answer({}, "", 500), arrived: [] }, "")).toEqual([]);
  });
});

describe("comparableFields", () => {
  it("sorts lists of messages, and keeps the places of faults", () => {
    const sparse: unknown[] = [];
    sparse[1] = { name: ["b", "a"] };
    expect(comparableFields({ services: sparse, tags: [null, "z", "y"] })).toEqual({
      services: [null, { name: ["a", "b"] }],
      tags: ["y", "z"],
    });
    expect(comparableFields([{ a: "1" }, null, null])).toEqual([{ a: "1" }]);
  });
});
