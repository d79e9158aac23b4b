/** Something that can be cut short. */
interface Abortable {
  abort(): void;
}

/** The exchanges and upgrades under way, and the wait for their end. */
export class Running {
  private readonly members = new Set<Abortable>();
  private onEmpty: (() => void) | undefined;

  add(member: Abortable): void {
    this.members.add(member);
  }

  remove(member: Abortable): void {
    if (this.members.delete(member) && this.members.size === 0) this.onEmpty?.();
  }

  /** Waits at most `graceMs` for the last one, then aborts what is left. */
  async drain(graceMs: number): Promise<void> {
    if (this.members.size > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.onEmpty = undefined;
    }
    for (const member of [...this.members]) member.abort();
  }
}
