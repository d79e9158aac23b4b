import { readFile } from "node:fs/promises";
import { AdminApiError, AdminClient, messageOf } from "../admin-client.js";
import { type Cli, examples, type Register, UsageError } from "../command.js";

interface Flags {
  readonly pidFile?: string;
  readonly adminUrl?: string;
  readonly config?: string;
}

/** `postern reload` */
export const reload: Register = (program, cli) => {
  program
    .command("reload")
    .description("Make a running gateway read its configuration again")
    .option("--pid-file <file>", "the file that postern start --pid-file has written")
    .option("--admin-url <url>", "the Admin API of the gateway, which takes the file of --config")
    .option("--config <file>", "with --admin-url: the declarative configuration that is to be in force")
    .addHelpText(
      "after",
      `
By its pid file, the gateway gets a SIGHUP and reads the file that it was started with; what it says to it is in its own
output. By its Admin API, it gets the file of --config, and the exit code says whether it has taken it.
${examples(
  ["postern reload --pid-file postern.pid", "read the same file again"],
  ["postern reload --admin-url http://10.0.0.5:8001 --config gateway.yml", "replace the configuration"],
)}`,
    )
    .action((flags: Flags) => run(flags, cli));
};

async function run({ pidFile, adminUrl, config }: Flags, cli: Cli): Promise<void> {
  if (pidFile !== undefined && adminUrl === undefined && config === undefined) await signal(pidFile);
  else if (pidFile === undefined && adminUrl !== undefined && config !== undefined) await send(adminUrl, config, cli);
  else throw new UsageError("expected either --pid-file, or --admin-url and --config");
}

async function signal(pidFile: string): Promise<void> {
  const text = (await readFile(pidFile, "utf8")).trim();
  const pid = Number(text);
  if (!Number.isSafeInteger(pid) || pid < 1) throw new UsageError(`${pidFile} does not hold the id of a process`);
  try {
    process.kill(pid, "SIGHUP");
  } catch (error) {
    throw new Error(`the gateway of ${pidFile}, process ${pid}, cannot be told: ${(error as Error).message}`);
  }
}

async function send(adminUrl: string, file: string, { io, env }: Cli): Promise<void> {
  const config = await readFile(file, "utf8");
  const answer = await new AdminClient(adminUrl, env).ask("/config?check_hash=1", { config });
  if (answer.status === 304) io.out("configuration unchanged");
  else if (answer.status === 201) io.out("configuration loaded");
  else throw new AdminApiError(`the configuration was refused: ${messageOf(answer)}\n  postern config parse ${file} says more`);
}
