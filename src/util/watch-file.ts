import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { md5 } from "./md5.js";
import { checkRegular, readRegularFile } from "./regular-file.js";

/** What {@link FileWatch} takes. */
export interface FileWatchOptions {
  /** Called with the file's text when it is another one. The next call waits for its promise. */
  changed(text: string): Promise<void> | void;
  /** Called once when the file cannot be read or is none, and again when it could be read in between. */
  unreadable(error: Error): void;
  /** Milliseconds for which the file must have stood still before it is read. */
  readonly settleMs: number;
  /** Milliseconds between two looks that no notice of the system has asked for. */
  readonly pollMs: number;
}

/**
 * Watches the content of one file.
 *
 * Editors write a new file and rename it over the old one, Kubernetes swaps a link above it, and changes to a file that was mounted by
 * itself into a container are told to nobody. So it is the folder that is watched, the system's notices are mere hints, a slow poll
 * finds what none of them has told of, and the content alone decides whether something has changed.
 */
export class FileWatch {
  readonly #path: string;
  readonly #options: FileWatchOptions;
  #notices: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What the file looked like when it was read last, and when it was looked at last. */
  #read = "";
  #seen = "";
  /** Of the content. */
  #hash: string | undefined;
  /** It could not be read when it was looked at last, and whether that has been told. */
  #hasFailed = false;
  #isUnreadable = false;
  #isLooking = false;
  /** Since the last look began. */
  #hasNotice = false;
  #isClosed = false;

  /**
   * Begins to watch. Nothing of it keeps the process alive.
   *
   * @param knownHash - the MD5 of the content that is known already: only another one is a change
   */
  constructor(path: string, options: FileWatchOptions, knownHash?: string) {
    this.#path = path;
    this.#options = options;
    this.#hash = knownHash;
    this.#listen();
    this.#lookIn(options.settleMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#notices?.close();
  }

  /** Without notices (too many watches, a folder that is not there yet) the poll does it alone, and tries again. */
  #listen(): void {
    const lost = (): void => {
      this.#notices?.close();
      this.#notices = undefined;
    };
    try {
      this.#notices = watch(dirname(this.#path), { persistent: false }, () => this.#noticed());
      this.#notices.on("error", lost);
    } catch {
      lost();
    }
  }

  /** Only the first notice brings the next look forward: in a folder where something happens all the time it would never come. */
  #noticed(): void {
    if (!this.#isLooking && !this.#hasNotice) this.#lookIn(this.#options.settleMs);
    this.#hasNotice = true;
  }

  #lookIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look(), milliseconds).unref();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#hasNotice = false;
    if (this.#notices === undefined) this.#listen();
    const isSettled = await this.#lookAtFile();
    this.#isLooking = false;
    this.#lookIn(isSettled && !this.#hasNotice ? this.#options.pollMs : this.#options.settleMs);
  }

  /** @returns `false` while the file is being written */
  async #lookAtFile(): Promise<boolean> {
    try {
      const before = await this.#appearance();
      const stoodStill = before === this.#seen;
      this.#seen = before;
      if (before === this.#read) return true;
      if (!stoodStill) return false;
      const text = (await readRegularFile(this.#path)).toString("utf8");
      this.#seen = await this.#appearance();
      if (this.#seen !== before) return false;
      this.#read = before;
      this.#hasFailed = false;
      this.#isUnreadable = false;
      await this.#compare(text);
    } catch (error) {
      // Between an editor's "remove" and "rename" there is no file for a moment.
      const isFirst = !this.#hasFailed;
      this.#hasFailed = true;
      this.#seen = "";
      this.#read = "";
      if (isFirst) return false;
      if (!this.#isUnreadable && !this.#isClosed) this.#options.unreadable(error as Error);
      this.#isUnreadable = true;
    }
    return true;
  }

  async #appearance(): Promise<string> {
    const stats = await stat(this.#path, { bigint: true });
    checkRegular(this.#path, stats);
    const { dev, ino, size, mtimeNs, ctimeNs } = stats;
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  }

  async #compare(text: string): Promise<void> {
    const hash = md5(text);
    if (hash === this.#hash || this.#isClosed) return;
    this.#hash = hash;
    await this.#options.changed(text);
  }
}
