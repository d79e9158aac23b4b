/** Where commands write, so that tests can read it. */
export interface Io {
  /** Writes a line for people and scripts to standard output. */
  out(line: string): void;
  /** Writes a line about what went wrong to standard error. */
  err(line: string): void;
}

/** The streams of the process. */
export const processIo: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};
