import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { nextTurn } from "../util/steps.js";
import type { DocumentSource } from "./load.js";
import type { ParseAnswer, ParsedItems, ParseJob, ParseOrder } from "./parse-messages.js";
import type { KnownPieces } from "./pieces/piece.js";
import { type DocumentPath, type Locate, pathText } from "./positions.js";

/**
 * Milliseconds after which the event loop gets its turn. It does not by itself between two answers: where the thread is the faster of the two,
 * the next has come before the one is done.
 */
const longestTurn = 4;

/** A text is handed over in pieces of this length, since copying it holds up everything else. */
const pieceLength = 4_194_304;

/**
 * The thread's program. It stands beside this file in `src/` and, as an entry of its own, beside the chunks in `dist/`. Where a bundler
 * has put us into a file of its own, there is none.
 */
function program(): string | undefined {
  // In the CommonJS build this is a path already.
  const here = import.meta.url.startsWith("file:") ? fileURLToPath(import.meta.url) : import.meta.url;
  const file = join(dirname(here), `parse-worker${extname(here)}`);
  return existsSync(file) ? file : undefined;
}

/** What is told while a text is parsed. */
export interface ParseWatcher {
  /** After each piece of the document. What it throws ends the work. */
  received(items: number, total: number, characters: number): void;
}

/** A document that another thread has parsed, and still knows the places of. */
export interface RemoteDocument {
  readonly source: DocumentSource;
  /** Finds places of the text. */
  locate(paths: readonly DocumentPath[]): Promise<Locate>;
}

/**
 * A thread that parses one text. Its answers come in pieces, one for each request, so that reading them never takes long.
 */
export class TextThread {
  readonly #worker: Worker;
  readonly #known: KnownPieces;
  #answered: ((answer: ParseAnswer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #error: Error | undefined;

  /**
   * @param known - the pieces of the text in force
   * @returns `undefined` where there is no program for a thread
   */
  static start(job: Omit<ParseJob, "knownPieces">, known: KnownPieces = new Map()): TextThread | undefined {
    const file = program();
    return file === undefined ? undefined : new TextThread(file, { ...job, knownPieces: new Set(known.keys()) }, known);
  }

  private constructor(file: string, job: ParseJob, known: KnownPieces) {
    this.#known = known;
    this.#worker = file.endsWith(".ts")
      ? new Worker(fromSource(file), { workerData: job, eval: true })
      : new Worker(file, { workerData: job });
    this.#worker.on("message", (answer: ParseAnswer) => this.#answered?.(answer));
    this.#worker.on("error", (error: Error) => this.stop(error));
    this.#worker.on("exit", (code) => this.stop(new Error(`the thread that parses has ended with code ${code}`)));
  }

  /**
   * Parses a text.
   *
   * @param text - or the bytes of a file, which are gone afterwards
   * @returns `undefined` when it is the text in force
   * @throws `DeclarativeConfigError` when it is neither JSON nor YAML
   */
  async parse(text: string | Uint8Array, watcher: ParseWatcher): Promise<RemoteDocument | undefined> {
    await this.#handOver(text);
    const received = await this.#receive(false, watcher);
    const document = received === "whole" ? await this.#receive(true, watcher) : received;
    if (document === "whole") throw new Error("the thread that parses has answered 'whole' twice");
    return document === "same" ? undefined : document;
  }

  /**
   * @param whole - not piece by piece
   * @returns `same` for the text in force, `whole` for one that cannot be read piece by piece
   */
  async #receive(whole: boolean, watcher: ParseWatcher): Promise<RemoteDocument | "same" | "whole"> {
    const answer = await this.#ask({ kind: "parse", whole });
    if (answer.kind === "same") return "same";
    if (answer.kind === "refused") throw new DeclarativeConfigError({ fields: answer.fields, issues: answer.issues });
    if (answer.kind !== "document") throw unexpected(answer);
    const { document, hash, duplicates, marks, items } = answer;
    const pieces = new Map<string, readonly unknown[]>();
    let received = 0;
    let characters = 0;
    let turn = performance.now();
    for (let batch = await this.#ask({ kind: "next" }); batch.kind !== "end"; batch = await this.#ask({ kind: "next" })) {
      if (batch.kind === "whole") return "whole";
      if (batch.kind !== "items" && batch.kind !== "known") throw unexpected(batch);
      const values = batch.kind === "known" ? this.#known.get(batch.fingerprint) : valuesOf(batch);
      if (values === undefined) return "whole";
      const list = listAt(document, batch.path);
      for (const value of values) list.push(value);
      if (batch.path.length === 1) received += values.length;
      if (batch.fingerprint !== undefined) pieces.set(batch.fingerprint, values);
      characters += batch.length;
      watcher.received(received, items, characters);
      if (performance.now() - turn < longestTurn) continue;
      await nextTurn();
      turn = performance.now();
    }
    return { source: { document, hash, duplicates, marks, pieces }, locate: (paths) => this.#locate(paths) };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #locate(paths: readonly DocumentPath[]): Promise<Locate> {
    if (paths.length === 0) return () => undefined;
    const answer = await this.#ask({ kind: "locate", paths });
    if (answer.kind !== "places") throw unexpected(answer);
    const places = new Map(paths.map((path, index) => [pathText(path), answer.places[index]]));
    return (path) => places.get(pathText(path));
  }

  async #handOver(text: string | Uint8Array): Promise<void> {
    if (typeof text !== "string") {
      // A small buffer shares its memory with others, which must not move away.
      const owned = text.byteLength === text.buffer.byteLength ? text : text.slice();
      this.#worker.postMessage({ kind: "piece", piece: owned } satisfies ParseOrder, [owned.buffer as ArrayBuffer]);
      return;
    }
    for (let at = 0; at < text.length; at += pieceLength) {
      this.#worker.postMessage({ kind: "piece", piece: text.slice(at, at + pieceLength) } satisfies ParseOrder);
      await nextTurn();
    }
  }

  #ask(order: ParseOrder): Promise<ParseAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#error) {
        reject(this.#error);
        return;
      }
      this.#answered = resolve;
      this.#failed = reject;
      this.#worker.postMessage(order);
    });
  }

  /** Whatever is asked of it fails from now on. */
  stop(error: Error): void {
    this.#error ??= error;
    this.#failed?.(this.#error);
  }
}

/** In our own tests the program is TypeScript, for which a thread has to make its own arrangements. */
function fromSource(file: string): string {
  const url = JSON.stringify(pathToFileURL(file).href);
  return `import("tsx/esm/api").then(({ register }) => { register(); return import(${url}); });`;
}

function unexpected({ kind }: ParseAnswer): Error {
  return new Error(`the thread that parses has answered '${kind}'`);
}

/** @returns `undefined` for a piece that has turned out to be no JSON */
function valuesOf({ items }: ParsedItems): readonly unknown[] | undefined {
  if (typeof items !== "string") return items;
  try {
    return JSON.parse(items) as readonly unknown[];
  } catch {
    return undefined;
  }
}

/** The list at a path, which the thread has left empty. */
function listAt(document: object, path: DocumentPath): unknown[] {
  let value: unknown = document;
  for (const part of path) value = (value as Record<string | number, unknown>)[part];
  return value as unknown[];
}
