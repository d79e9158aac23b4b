/** One re-armable timer, so that an exchange with equal time limits (Kong's default: 60 s each) makes a single timer object. */
export class Watchdog {
  private timer: NodeJS.Timeout | undefined;
  private milliseconds = 0;
  private armed = false;
  private readonly onExpiry: () => void;

  constructor(onExpiry: () => void) {
    this.onExpiry = onExpiry;
  }

  /** Expires `milliseconds` from now, unless armed again or disarmed. */
  arm(milliseconds: number): void {
    this.armed = true;
    if (this.timer !== undefined && this.milliseconds === milliseconds) {
      this.timer.refresh();
      return;
    }
    clearTimeout(this.timer);
    this.milliseconds = milliseconds;
    this.timer = setTimeout(() => {
      if (!this.armed) return;
      this.armed = false;
      this.onExpiry();
    }, milliseconds);
    // The socket keeps the process alive as long as there is something to wait for.
    this.timer.unref();
  }

  /** Starts the running period anew; nothing when disarmed. */
  refresh(): void {
    if (this.armed) this.timer?.refresh();
  }

  /** Keeps the timer object for the next `arm`. */
  disarm(): void {
    this.armed = false;
  }

  /** Lets go of the timer object. */
  clear(): void {
    this.armed = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
