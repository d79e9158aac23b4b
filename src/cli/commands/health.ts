import { AdminApiError, AdminClient, defaultAdminUrl, messageOf } from "../admin-client.js";
import { type Cli, examples, type Register } from "../command.js";
import { paint } from "../io.js";

interface Flags {
  readonly adminUrl: string;
  readonly json?: true;
}

/** `postern health` */
export const health: Register = (program, cli) => {
  program
    .command("health")
    .description("Ask a running gateway whether it serves")
    .option("--admin-url <url>", "its Admin API", defaultAdminUrl)
    .option("--json", "all of the answer, as JSON")
    .addHelpText(
      "after",
      `\nThe exit code is 0 when it answers, otherwise 1.\n${examples(
        ["postern health", "the one on this machine"],
        ["postern health --admin-url http://10.0.0.5:8001", "another one"],
      )}`,
    )
    .action((flags: Flags) => ask(flags, cli));
};

async function ask({ adminUrl, json }: Flags, { io, env }: Cli): Promise<void> {
  const answer = await new AdminClient(adminUrl, env).ask("/status");
  if (answer.status !== 200) throw new AdminApiError(`the gateway at ${adminUrl} is not well: ${messageOf(answer)}`);
  const { configuration_hash: hash } = (answer.body ?? {}) as { readonly configuration_hash?: unknown };
  if (json) io.out(JSON.stringify(answer.body));
  else {
    const known = typeof hash === "string" ? ` (configuration ${hash})` : "";
    io.out(`${paint(io, "out", "green", "healthy")}: the gateway at ${adminUrl}${known}`);
  }
}
