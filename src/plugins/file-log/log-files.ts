import { LogFile, type Reporter } from "./log-file.js";

/** The files that one gateway logs to. Each is opened once, however many instances of the plugin write to it. */
export class LogFiles {
  readonly #files = new Map<string, LogFile>();

  /**
   * Appends a line. Never waits, never throws.
   *
   * @param reopen - opens the file anew, which makes it again where it has been taken away
   * @param reporter - told when the line is lost
   */
  append(path: string, reopen: boolean, line: string, reporter: Reporter): void {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new LogFile(path);
      this.#files.set(path, file);
    }
    file.append(line, reopen, reporter);
  }

  /** Writes what is left, and closes all files. */
  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}
