import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { md5 } from "../../src/util/md5.js";
import { FileWatch } from "../../src/util/watch-file.js";
import { waitFor } from "../support/wait-for.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-watch-file-"));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

const settleMs = 100;

/** Watches a file that nothing tells of, one look at a time. */
function watched(path: string, knownHash?: string) {
  const changed = vi.fn<(text: string) => void>();
  const unreadable = vi.fn<(error: Error) => void>();
  const watch = new FileWatch(path, { changed, unreadable, settleMs, pollMs: 10_000_000 }, knownHash);
  const look = async (): Promise<void> => {
    vi.advanceTimersByTime(settleMs);
    // A look ends with the timer of the next one.
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { changed, unreadable, watch, look };
}

describe("FileWatch", () => {
  it("minds no file that is away for a moment, not even at its first look", async () => {
    const path = join(folder, "a", "file");
    const { changed, unreadable, watch, look } = watched(path, md5("first"));
    await look();
    expect(unreadable).not.toHaveBeenCalled();
    await look();
    expect(unreadable).toHaveBeenCalledOnce();
    expect(changed).not.toHaveBeenCalled();
    watch.close();
  });

  // Linux has a regular file that can be looked at and not be read.
  it.runIf(process.platform === "linux")(
    "tells once of a file that is there and cannot be read, and follows the next",
    async () => {
      const path = join(folder, "file");
      await symlink("/proc/self/mem", path);
      const { changed, unreadable, watch, look } = watched(path);
      for (let looks = 0; looks < 8; looks++) await look();
      expect(unreadable.mock.calls).toEqual([[expect.any(Error)]]);
      await rm(path);
      await writeFile(path, "second");
      await waitFor(async () => {
        await look();
        return changed.mock.calls.length === 1;
      });
      expect(changed).toHaveBeenCalledWith("second");
      watch.close();
    },
  );
});
