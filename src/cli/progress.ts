import type { Io } from "./io.js";

const WIDTH = 30;

/** A bar that shows how far something is, on a terminal; nothing elsewhere. */
export class Progress {
  readonly #io: Io;
  readonly #title: string;
  #shown = "";

  constructor(io: Io, title: string) {
    this.#io = io;
    this.#title = title;
  }

  /**
   * @param total - 0 where it is not known yet
   * @param step - what is being done just now
   */
  show(done: number, total: number, step = ""): void {
    if (!this.#io.transient) return;
    const part = total === 0 ? 0 : Math.min(1, done / total);
    const full = Math.round(part * WIDTH);
    const line = `${this.#title} [${"#".repeat(full)}${".".repeat(WIDTH - full)}] ${Math.floor(part * 100)} % ${step}`.trimEnd();
    if (line === this.#shown) return;
    this.#shown = line;
    this.#io.transient(line);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#shown !== "") this.#io.transient?.(undefined);
    this.#shown = "";
  }
}
