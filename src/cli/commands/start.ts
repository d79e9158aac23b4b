import cluster from "node:cluster";
import { type Cli, examples, exitCodes, type Register } from "../command.js";
import { reportError } from "../report.js";
import { withDocumentFlags } from "../settings.js";
import { type StartFlags, startSettings } from "../start/settings.js";

/** `postern start` */
export const start: Register = (program, cli) => {
  const command = program
    .command("start")
    .description("Run a gateway in the foreground")
    .option("--config <file>", "the declarative configuration, YAML or JSON (default: none, the gateway starts empty)")
    .option("--watch", "load the configuration file again whenever it changes")
    .option("--workers <number>", "processes that serve; auto: one for each processor (default: 1)")
    .option("--host <host>", "where requests are accepted (default: 127.0.0.1)")
    .option("--proxy-port <port>", "(default: 8000; 0 takes any free one)")
    .option("--no-admin", "open no Admin API")
    .option("--admin-host <host>", "where the Admin API is (default: 127.0.0.1)")
    .option("--admin-port <port>", "(default: 8001; 0 takes any free one)")
    .option("--pid-file <file>", "write the id of the process into this file, for postern reload");
  withDocumentFlags(command, "a kong.conf with settings of Kong")
    .addHelpText(
      "after",
      `
Kong's settings are read from the kong.conf and from variables (KONG_DATABASE, KONG_PROXY_LISTEN, KONG_TRUSTED_IPS ...),
which win over the file; flags win over both. POSTERN_ADMIN_TOKEN is the token that the Admin API then asks for; without
one it is open to whoever reaches it.

A configuration may come out of a pipe, --config /dev/stdin or --config <(sops -d gateway.yml). It is read once: neither
watched, nor read again, nor shared by workers.

Signals:
  SIGHUP           read the configuration file again; a refused one changes nothing
  SIGTERM, SIGINT  let running requests end, then exit; a second one exits at once
${examples(
  ["postern start --config gateway.yml --watch", "while you work on the file"],
  ["postern start -c kong.conf --workers auto", "all processors, settings from a file"],
  ["KONG_DATABASE=postgres KONG_PG_HOST=db postern start", "with a database"],
)}`,
    )
    .action(async (flags: StartFlags) => {
      cli.code = await run(flags, cli);
    });
};

async function run(flags: StartFlags, cli: Cli): Promise<number> {
  const settings = startSettings(flags, cli, cluster.isWorker);
  // The gateway and all that belongs to it are loaded here: other commands do without.
  if (cluster.isWorker)
    return await (await import("../start/worker.js")).runWorker(settings, cli).finally(() => process.disconnect());
  if (settings.workers === 1) {
    const { runSingle } = await import("../start/single.js");
    try {
      return await runSingle(settings, cli.io);
    } catch (error) {
      if (!settings.piped) throw error;
      // Its lines are to be found nowhere else.
      reportError(error, cli.io, settings.piped);
      return exitCodes.error;
    }
  }
  return (await import("../start/primary.js")).runPrimary(settings, cli.io);
}
