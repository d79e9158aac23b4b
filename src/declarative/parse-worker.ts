/** The thread that parses big texts. Its counterpart is `parse-off-thread.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { isObject, setOwn } from "../schema/values.js";
import { md5 } from "../util/md5.js";
import { type ParsedDocument, parseDocument } from "./parse.js";
import type { ParseAnswer, ParseJob, ParseOrder } from "./parse-messages.js";
import type { DocumentPath } from "./positions.js";
import { textMarks } from "./text-marks.js";

/** About half a millisecond's work for whoever receives it. */
const batchLength = 65_536;

/** A number that JSON cannot write down. */
const notFinite = /\.(?:inf|nan)|\d[eE]\+?\d{3}|\d{309}/i;

const port = parentPort;
const job = workerData as ParseJob;
const pieces: (string | Uint8Array)[] = [];
let parsed: ParsedDocument | undefined;
let batches: Iterator<ParseAnswer> | undefined;

port?.on("message", (order: ParseOrder) => {
  switch (order.kind) {
    case "piece":
      pieces.push(order.piece);
      break;
    case "parse":
      port.postMessage(parse());
      break;
    case "next":
      port.postMessage(batches?.next().value ?? { kind: "end" });
      break;
    case "locate":
      port.postMessage({ kind: "places", places: order.paths.map((path) => parsed?.locate(path)) } satisfies ParseAnswer);
      break;
  }
});

function parse(): ParseAnswer {
  const text = pieces.map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8"))).join("");
  pieces.length = 0;
  const hash = md5(text);
  if (hash === job.knownHash) return { kind: "same" };
  try {
    parsed = parseDocument(text, job.options);
  } catch (error) {
    if (error instanceof DeclarativeConfigError) return { kind: "refused", fields: error.fields, issues: error.issues };
    throw error;
  }
  const { document, duplicates } = parsed;
  if (!isObject(document)) return { kind: "document", hash, document, duplicates, marks: "", items: 0 };
  const splitter = new Splitter(notFinite.test(text));
  const top = splitter.hollow(document, []);
  batches = splitter.batches();
  return { kind: "document", hash, document: top, duplicates, marks: textMarks(text), items: splitter.items };
}

/** Takes the lists out of a document, to be sent piece by piece. */
class Splitter {
  items = 0;
  readonly #lists: { readonly path: DocumentPath; readonly list: readonly unknown[] }[] = [];
  readonly #asValues: boolean;

  /** @param asValues - send values and not JSON, which is faster but does not know all numbers */
  constructor(asValues: boolean) {
    this.#asValues = asValues;
  }

  /** A copy whose lists are empty; they are kept to be sent later. */
  hollow(value: Readonly<Record<string, unknown>>, path: DocumentPath): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const member = value[key];
      if (Array.isArray(member)) {
        this.#lists.push({ path: [...path, key], list: member });
        this.items += member.length;
        setOwn(copy, key, []);
      } else setOwn(copy, key, member);
    }
    return copy;
  }

  *batches(): Generator<ParseAnswer> {
    for (let entry = this.#lists.shift(); entry; entry = this.#lists.shift()) {
      const { path, list } = entry;
      let texts: string[] = [];
      let values: unknown[] = [];
      let length = 0;
      const flush = (): ParseAnswer => {
        const batch: ParseAnswer = { kind: "items", path, items: this.#asValues ? values : `[${texts.join(",")}]`, length };
        texts = [];
        values = [];
        length = 0;
        return batch;
      };
      for (const [index, item] of list.entries()) {
        let sent = item;
        let text = JSON.stringify(item);
        if (text.length > batchLength && isObject(item)) {
          sent = this.hollow(item, [...path, index]);
          text = JSON.stringify(sent);
        }
        texts.push(text);
        if (this.#asValues) values.push(sent);
        length += text.length;
        if (length >= batchLength) yield flush();
      }
      if (texts.length > 0) yield flush();
    }
  }
}
