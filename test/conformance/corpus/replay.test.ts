import { readFileSync } from "node:fs";
import { createGateway } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EchoUpstream, echoUpstream } from "../../support/echo-upstream.js";
import { type TestGateway, testGateway } from "../../support/test-gateway.js";
import { waitFor } from "../../support/wait-for.js";
import { comparableFields, differences } from "./compare.js";
import { type CorpusDocument, type CorpusRecord, type RefusedDocument, readDocuments, readRefused } from "./corpus.js";

/**
 * Replays recordings of the reference gateway: documents as people write them, and what it answered. The recordings are not part of this
 * repository; `POSTERN_CORPUS` names their folder.
 */
const folder = process.env.POSTERN_CORPUS ?? "";

/** The documents name this port, so all replays take turns in this one file. */
const UPSTREAM_PORT = 15_555;
const luaPlugins = ["pre-function", "post-function"];
const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };
const { plugins: bundled } = createGateway({});
const via = `1.1 postern/${version}`;

it.runIf(folder === "")("replays the recordings", ({ skip }) => {
  console.info("corpus: not replayed, since POSTERN_CORPUS does not name a folder of recordings");
  skip("POSTERN_CORPUS does not name a folder of recordings");
});

describe.runIf(folder !== "")("the recordings", () => {
  const documents = folder === "" ? [] : readDocuments(folder);
  const skipped: string[] = [];
  const tally = { agree: 0, differ: 0 };
  let upstream: EchoUpstream;

  beforeAll(async () => {
    const start = (): Promise<EchoUpstream> => echoUpstream({ port: UPSTREAM_PORT });
    upstream = await waitFor(start, { timeout: 120_000, interval: 200, what: `port ${UPSTREAM_PORT}` });
  }, 130_000);

  afterAll(async () => {
    await upstream?.close();
    const counts = `${tally.agree} records agree, ${tally.differ} differ, ${skipped.length} of ${documents.length} documents skipped`;
    console.info([`corpus: ${counts}`, ...skipped].join("\n  "));
  });

  it.for(documents)("$name is answered as recorded", { timeout: 60_000 }, async (document, { skip }) => {
    const reason = reasonToSkip(document.plugins);
    if (reason !== undefined) {
      skipped.push(`${document.name}: ${reason}`);
      skip(reason);
    }
    const faults = await replay(document);
    if (faults.size > 0) expect.fail(reportOf(faults, document));
  });

  /** Answers the requests that were not answered as recorded, by what differs. */
  async function replay(document: CorpusDocument): Promise<Map<string, string[]>> {
    await using gateway = await testGateway({ config: document.text });
    const faults = new Map<string, string[]>();
    for (const [index, record] of document.records.entries()) {
      upstream.requests.length = 0;
      const found = await ask(gateway, record);
      tally[found.length === 0 ? "agree" : "differ"]++;
      if (found.length === 0) continue;
      const fault = found.map((line) => `    ${line}`).join("\n");
      faults.set(fault, [...(faults.get(fault) ?? []), title(index, record)]);
    }
    return faults;
  }

  async function ask(gateway: TestGateway, record: CorpusRecord): Promise<string[]> {
    try {
      const response = await gateway.request(record.request);
      return differences(record, { response, arrived: upstream.requests }, via);
    } catch (error) {
      return [`no answer: ${(error as Error).message.slice(0, 200)}`];
    }
  }
});

describe.runIf(folder !== "")("the refused documents", () => {
  it.for(folder === "" ? [] : readRefused(folder))(
    "$name is refused",
    async ({ document, plugins, foreignPlugins, status, error }) => {
      const refusal = await refusalOf(document);
      expect(refusal).toMatchObject({ name: "invalid declarative configuration", fields: expect.any(Object) });

      // A plugin that is ours to add still adds a fault of its own, and one document makes the reference gateway fail rather than refuse.
      const missing = unknownPlugins(plugins).filter((name) => !foreignPlugins.has(name));
      if (missing.length > 0 || status !== 400) return;
      expect(comparableFields((refusal as { fields: unknown }).fields)).toEqual(comparableFields(error.fields));
    },
  );

  async function refusalOf(document: RefusedDocument["document"]): Promise<unknown> {
    try {
      await createGateway({ declarativeConfig: document }).close();
      return undefined;
    } catch (refusal) {
      return refusal;
    }
  }
});

function reasonToSkip(plugins: ReadonlySet<string>): string | undefined {
  const lua = luaPlugins.filter((name) => plugins.has(name));
  if (lua.length > 0) return `Lua code (${lua.join(", ")})`;
  const missing = unknownPlugins(plugins);
  return missing.length > 0 ? `no such plugin yet: ${missing.join(", ")}` : undefined;
}

function unknownPlugins(names: Iterable<string>): string[] {
  return [...names].filter((name) => !bundled.has(name)).sort();
}

/** Requests with the same fault are one entry, of which the first three are named. */
function reportOf(faults: ReadonlyMap<string, readonly string[]>, { name, records }: CorpusDocument): string {
  const count = [...faults.values()].flat().length;
  const entries = [...faults].map(([fault, titles]) => {
    const more = titles.length > 3 ? [`and ${titles.length - 3} more`] : [];
    return [...titles.slice(0, 3), ...more, fault].join("\n");
  });
  return [`${name}: ${count} of ${records.length} requests are not answered as recorded`, ...entries].join("\n");
}

function title(index: number, { request: { what, method, path, headers } }: CorpusRecord): string {
  return `#${index} ${what}: ${method} ${path} (host ${headers.host})`;
}
