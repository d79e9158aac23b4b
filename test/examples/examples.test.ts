import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = join(root, "examples");
const folders = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe("examples", () => {
  it.each(folders)(
    "%s does what it promises",
    async (name) => {
      // A process each: they are programs, and what they print on stderr is part of what a newcomer sees.
      const check = join(examples, name, "check.ts");
      const { stderr } = await promisify(execFile)(process.execPath, ["--import", "tsx", check], {
        cwd: root,
        env: { ...process.env, NODE_NO_WARNINGS: "1" },
        timeout: 50_000,
      });
      expect(stderr).toBe("");
    },
    60_000,
  );

  it.each(folders)("%s explains itself", (name) => {
    expect(existsSync(join(examples, name, "README.md"))).toBe(true);
  });
});
