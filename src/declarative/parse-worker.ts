/** The thread that parses big texts. Its counterpart is `parse-off-thread.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { isObject } from "../schema/values.js";
import { md5 } from "../util/md5.js";
import { type ParsedDocument, parseDocument } from "./parse.js";
import type { ParseAnswer, ParseJob, ParseOrder } from "./parse-messages.js";
import { type CutText, cutText } from "./pieces/cut-text.js";
import { fingerprint } from "./pieces/piece.js";
import type { Locate } from "./positions.js";
import { mayHoldOddNumbers, Splitter } from "./splitter.js";
import { textMarks } from "./text-marks.js";

const port = parentPort;
const { options, knownHash, knownPieces } = workerData as ParseJob;
const handedOver: (string | Uint8Array)[] = [];
let text = "";
let hash = "";
let locate: Locate = () => undefined;
let batches: Iterator<ParseAnswer> | undefined;

port?.on("message", (order: ParseOrder) => {
  switch (order.kind) {
    case "piece":
      handedOver.push(order.piece);
      break;
    case "parse":
      port.postMessage(parse(order.whole));
      break;
    case "next":
      port.postMessage(batches?.next().value ?? { kind: "end" });
      break;
    case "locate":
      port.postMessage({ kind: "places", places: order.paths.map((path) => locate(path)) } satisfies ParseAnswer);
      break;
  }
});

function parse(whole: boolean): ParseAnswer {
  if (whole) return parseWhole();
  text = handedOver.map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8"))).join("");
  handedOver.length = 0;
  hash = md5(text);
  if (hash === knownHash) return { kind: "same" };
  const cut = cutText(text, options);
  if (cut === undefined) return parseWhole();
  locate = cut.locate;
  batches = piecesOf(cut);
  return { kind: "document", hash, document: cut.top, duplicates: [], marks: textMarks(text), items: cut.items };
}

/** Each piece is read when it is asked for, while the receiver is busy with the one before. */
function* piecesOf(cut: CutText): Generator<ParseAnswer> {
  for (const piece of cut.pieces) {
    const { key, start, end } = piece;
    const written = fingerprint(cut.format, text.slice(start, end));
    if (knownPieces.has(written)) {
      yield { kind: "known", path: [key], fingerprint: written, length: end - start };
      continue;
    }
    const items = cut.read(piece);
    if (items === undefined) yield { kind: "whole" };
    else yield { kind: "items", path: [key], items, length: end - start, fingerprint: written };
  }
}

function parseWhole(): ParseAnswer {
  let parsed: ParsedDocument;
  try {
    parsed = parseDocument(text, options);
  } catch (error) {
    if (error instanceof DeclarativeConfigError) return { kind: "refused", fields: error.fields, issues: error.issues };
    throw error;
  }
  const { document, duplicates } = parsed;
  locate = parsed.locate;
  if (!isObject(document)) return { kind: "document", hash, document, duplicates, marks: "", items: 0 };
  const splitter = new Splitter(mayHoldOddNumbers(text));
  const top = splitter.hollow(document, []);
  batches = splitter.batches();
  return { kind: "document", hash, document: top, duplicates, marks: textMarks(text), items: splitter.items };
}
