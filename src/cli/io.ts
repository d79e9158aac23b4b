import { styleText } from "node:util";

/** Where commands write, so that tests can read it. */
export interface Io {
  /** Writes a line for people and scripts to standard output. */
  out(line: string): void;
  /** Writes a line about what went wrong to standard error. */
  err(line: string): void;
  /** Whether colours are welcome, each way. Default: nowhere. */
  readonly colors?: { readonly out: boolean; readonly err: boolean };
  /** Shows a line that the next one takes the place of, or none; there only where standard error is a terminal. */
  transient?(line: string | undefined): void;
}

/** The formats of `util.styleText` that we use. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Puts a text into a colour, where colours are welcome. */
export function paint(io: Io, way: "out" | "err", style: Style, text: string): string {
  if (io.colors?.[way] !== true || text === "") return text;
  return styleText(style, text, { validateStream: false });
}

/** The streams of the process. Colours follow `NO_COLOR`, `FORCE_COLOR` and what the terminal can do. */
export const processIo: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  colors: { out: isColored(process.stdout), err: isColored(process.stderr) },
  ...(process.stderr.isTTY ? { transient: (line) => void process.stderr.write(`\r\x1b[2K${line ?? ""}`) } : {}),
};

/**
 * Keeps output that cannot be written from ending the process. Who reads from a pipe may leave early (`| head`), which is no error; a full
 * disk is one, and is told once.
 *
 * @param lost - called when something that was to be written is lost
 */
export function watchOutput(lost: () => void): void {
  let isTold = false;
  const failed = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") return;
    lost();
    if (!isTold) processIo.err(`Error: the output cannot be written: ${error.message}`);
    isTold = true;
  };
  process.stdout.on("error", failed);
  process.stderr.on("error", failed);
}

function isColored(stream: NodeJS.WriteStream): boolean {
  if ((process.env.NO_COLOR ?? "") !== "") return false;
  const forced = process.env.FORCE_COLOR;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return stream.isTTY === true && stream.hasColors();
}
