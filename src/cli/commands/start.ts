import type { AddressInfo } from "node:net";
import { createGateway, type Gateway } from "../../gateway.js";
import type { Command } from "../command.js";
import type { Io } from "../io.js";
import { parseArgs, portOf } from "../parse-args.js";
import { reportError } from "../report.js";

const usage = `Usage: postern start [OPTIONS]

Run a gateway in the foreground, without a database.

  -c, --config FILE        the declarative configuration, YAML or JSON (default: none, the gateway starts empty)
      --host HOST          where requests are accepted (default: 127.0.0.1)
      --proxy-port PORT    (default: 8000; 0 takes any free one)
      --admin-host HOST    where the Admin API is; it has no protection of its own (default: 127.0.0.1)
      --admin-port PORT    (default: 8001; 0 takes any free one)

Signals:
  SIGHUP           read the configuration file again; a refused one changes nothing
  SIGTERM, SIGINT  let running requests end, then exit; a second one exits at once`;

const options = {
  config: { type: "string", short: "c" },
  host: { type: "string", default: "127.0.0.1" },
  "proxy-port": { type: "string", default: "8000" },
  "admin-host": { type: "string", default: "127.0.0.1" },
  "admin-port": { type: "string", default: "8001" },
} as const;

/** `postern start` */
export const start: Command = {
  name: "start",
  summary: "Run a gateway",
  usage,
  run: async (args, io) => {
    const { values } = parseArgs({ args: [...args], options });
    const proxy = { port: portOf("--proxy-port", values["proxy-port"]), host: values.host };
    const admin = { port: portOf("--admin-port", values["admin-port"]), host: values["admin-host"] };
    const gateway = createGateway(values.config === undefined ? {} : { declarativeConfig: values.config });
    // Listened for before anything is announced: who reads the announcement may send a signal at once.
    const stopped = untilStopped(gateway, values.config, io);
    try {
      const addresses = await gateway.listen({ proxy, admin });
      if (addresses.proxy) io.out(`proxy listens on ${urlOf(addresses.proxy)}`);
      if (addresses.admin) io.out(`Admin API listens on ${urlOf(addresses.admin)}`);
    } catch (error) {
      await gateway.close({ graceMs: 0 });
      throw error;
    }
    return stopped;
  },
};

function untilStopped(gateway: Gateway, file: string | undefined, io: Io): Promise<number> {
  process.on("SIGHUP", () => void reload(gateway, file, io));
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (): void => {
      if (stopping) process.exit(1);
      stopping = true;
      io.out("stopping");
      gateway.close().then(
        () => resolve(0),
        (error: unknown) => {
          reportError(error, io);
          resolve(1);
        },
      );
    };
    process.on("SIGTERM", stop).on("SIGINT", stop);
  });
}

async function reload(gateway: Gateway, file: string | undefined, io: Io): Promise<void> {
  if (file === undefined) {
    io.err("there is no configuration file to read again");
    return;
  }
  try {
    const { changed } = await gateway.loadConfig({ path: file });
    io.out(changed ? "configuration loaded" : "configuration unchanged");
  } catch (error) {
    reportError(error, io, file);
  }
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
