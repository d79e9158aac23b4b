import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import type { DocumentSource } from "./load.js";
import type { ParseAnswer, ParseJob, ParseOrder } from "./parse-messages.js";
import { type DocumentPath, type Locate, pathText } from "./positions.js";

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
  #answered: ((answer: ParseAnswer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #error: Error | undefined;

  /** @returns `undefined` where there is no program for a thread */
  static start(job: ParseJob): TextThread | undefined {
    const file = program();
    return file === undefined ? undefined : new TextThread(file, job);
  }

  private constructor(file: string, job: ParseJob) {
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
    const answer = await this.#ask({ kind: "parse" });
    if (answer.kind === "same") return undefined;
    if (answer.kind === "refused") throw new DeclarativeConfigError({ fields: answer.fields, issues: answer.issues });
    if (answer.kind !== "document") throw unexpected(answer);
    const { document, hash, duplicates, marks, items } = answer;
    let received = 0;
    let characters = 0;
    for (let batch = await this.#ask({ kind: "next" }); batch.kind !== "end"; batch = await this.#ask({ kind: "next" })) {
      if (batch.kind !== "items") throw unexpected(batch);
      const values = typeof batch.items === "string" ? (JSON.parse(batch.items) as readonly unknown[]) : batch.items;
      const list = listAt(document, batch.path);
      for (const value of values) list.push(value);
      if (batch.path.length === 1) received += values.length;
      characters += batch.length;
      watcher.received(received, items, characters);
    }
    return { source: { document, hash, duplicates, marks }, locate: (paths) => this.#locate(paths) };
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
      await new Promise<void>((resolve) => setImmediate(resolve));
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

/** The list at a path, which the thread has left empty. */
function listAt(document: object, path: DocumentPath): unknown[] {
  let value: unknown = document;
  for (const part of path) value = (value as Record<string | number, unknown>)[part];
  return value as unknown[];
}
