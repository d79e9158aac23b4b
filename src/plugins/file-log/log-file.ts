import { close, constants, open, write } from "node:fs";
import { promisify } from "node:util";
import { nextTurn } from "../../util/steps.js";

const openFile = promisify(open);
const writeFile = promisify(write);
const closeFile = promisify(close);

const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
/** Before the process's umask. */
const mode = 0o644;
/** Characters that may wait for a disk that is slower than the requests. */
const mostWaiting = 16 * 1024 * 1024;

/** Told about lines that are lost. */
export interface Reporter {
  error(message: string): void;
}

/** A file that lines are appended to. Lines that come while others are being written wait, and are written together. */
export class LogFile {
  readonly #path: string;
  #descriptor: number | null = null;
  #waiting: string[] = [];
  #waitingLength = 0;
  #reopen = false;
  #reporter: Reporter | null = null;
  #writing: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Appends a line, soon. */
  append(line: string, reopen: boolean, reporter: Reporter): void {
    if (this.#waitingLength + line.length > mostWaiting) {
      reporter.error(`${this.#path} takes lines too slowly: one was dropped`);
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#reopen ||= reopen;
    this.#reporter = reporter;
    this.#writing ??= this.#write();
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#closeDescriptor();
  }

  async #write(): Promise<void> {
    // Lines of the same turn of the event loop go together.
    await nextTurn();
    while (this.#waiting.length > 0) {
      const text = this.#waiting.join("");
      const reporter = this.#reporter as Reporter;
      const reopen = this.#reopen;
      this.#waiting = [];
      this.#waitingLength = 0;
      this.#reopen = false;
      this.#reporter = null;
      await this.#writeText(text, reopen, reporter);
    }
    this.#writing = null;
  }

  async #writeText(text: string, reopen: boolean, reporter: Reporter): Promise<void> {
    try {
      if (reopen) await this.#closeDescriptor();
      this.#descriptor ??= await openFile(this.#path, flags, mode);
    } catch (error) {
      reporter.error(`failed to open the file: ${(error as Error).message}`);
      return;
    }
    try {
      const bytes = Buffer.from(text);
      // A full pipe takes less than it is given.
      for (let at = 0; at < bytes.length; ) at += (await writeFile(this.#descriptor, bytes, at)).bytesWritten;
    } catch (error) {
      reporter.error(`failed to write to the file: ${(error as Error).message}`);
    }
  }

  async #closeDescriptor(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor !== null) await closeFile(descriptor);
  }
}
