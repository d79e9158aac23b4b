import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/run.js";

/** What a run of `postern` wrote, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a command in this process. */
export async function postern(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, { out: (line) => out.push(line), err: (line) => err.push(line) }, env);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Runs a command as users do, in a process of its own. */
export function posternProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, FORCE_COLOR: undefined, ...env }, maxBuffer: 2 ** 26 };
    execFile(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}
