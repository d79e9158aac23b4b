import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { program } from "./program.js";

describe("the output of postern", () => {
  it("may be closed by whoever reads it", { timeout: 30_000 }, async () => {
    const child = spawn(process.execPath, [program, "schema"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.once("data", () => child.stdout.destroy());
    const [told, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect([code, told]).toEqual([0, ""]);
  });

  it.runIf(existsSync("/dev/full"))("is an error when it gets lost", { timeout: 30_000 }, async () => {
    await using full = await open("/dev/full", "w");
    const child = spawn(process.execPath, [program, "version"], { stdio: ["ignore", full.fd, "pipe"] });
    const [told, [code]] = await Promise.all([text(child.stderr as Readable), once(child, "exit")]);
    expect([code, told]).toEqual([1, "Error: the output cannot be written: ENOSPC: no space left on device, write\n"]);
  });
});
