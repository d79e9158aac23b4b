import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRegularFile, readRegularFileSync } from "../../src/util/regular-file.js";

let folder: string;
const server = createServer();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-files-"));
  await writeFile(join(folder, "file"), "Füße");
  await symlink("file", join(folder, "link"));
  await promisify(execFile)("mkfifo", [join(folder, "pipe")]);
  await new Promise<void>((resolve) => server.listen(join(folder, "socket"), resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

describe("readRegularFile", () => {
  it.each(["file", "link"])("reads a %s", async (name) => {
    const path = join(folder, name);
    expect((await readRegularFile(path)).toString()).toBe("Füße");
    expect(readRegularFileSync(path)).toBe("Füße");
  });

  // Nobody writes into the pipe: who opens it to read waits for ever.
  it.each([
    ["pipe", "a pipe"],
    ["socket", "a socket"],
    [".", "a folder"],
    ["/dev/null", "a device"],
  ])("refuses %s at once", async (name, kind) => {
    const path = name.startsWith("/") ? name : join(folder, name);
    const message = `'${path}' is ${kind}, not a regular file`;
    await expect(readRegularFile(path)).rejects.toThrow(message);
    expect(() => readRegularFileSync(path)).toThrow(message);
  });

  it("tells of a file that is not there", async () => {
    const path = join(folder, "none");
    await expect(readRegularFile(path)).rejects.toThrow("ENOENT");
    expect(() => readRegularFileSync(path)).toThrow("ENOENT");
  });
});
