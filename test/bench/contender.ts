/** What a contender's process has used up to now. */
export interface Usage {
  /** User and system time of all threads. */
  readonly cpuMicroseconds: number;
  readonly rssBytes: number;
}

/** A contender that listens on the loopback interface. */
export interface RunningContender {
  readonly port: number;
  sample(): Promise<Usage>;
  stop(): Promise<void>;
}

/** A contender did not come up. `missing` says that its package or program is not installed. */
export class ContenderStartError extends Error {
  override readonly name = "ContenderStartError";
  readonly missing: boolean;

  constructor(message: string, missing: boolean) {
    super(message);
    this.missing = missing;
  }
}
