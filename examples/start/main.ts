/** `npm start`: two demo upstreams, and a gateway in front of them with the configuration in `examples/gateway.yml`. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConfigInput, createGateway, DeclarativeConfigError, type Gateway } from "postern";
import { type Running, startUpstream } from "../support.js";

const file = fileURLToPath(new URL("../gateway.yml", import.meta.url));

/** Where to listen; 0 takes any free port. */
export interface Ports {
  readonly proxy: number;
  readonly admin: number;
  /** Those of the demo upstreams. Default: the ones in gateway.yml. */
  readonly upstreams?: readonly [number, number];
}

/** What {@link start} has started. */
export interface Demo {
  readonly gateway: Gateway;
  readonly proxyUrl: string;
  readonly adminUrl: string;
  /** Reads gateway.yml again. What is refused is printed, and the configuration stays as it was. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export async function start({ proxy, admin, upstreams = [9001, 9002] }: Ports): Promise<Demo> {
  const started: Running[] = [];
  const gateway = createGateway();
  const close = async (): Promise<void> => {
    await gateway.close();
    await Promise.all(started.map((upstream) => upstream.close()));
  };
  try {
    for (const [index, port] of upstreams.entries()) started.push(await startUpstream(`shop-${index + 1}`, port));
    const input = configuration(started);
    await gateway.loadConfig(input());
    const addresses = await gateway.listen({ proxy: { port: proxy, host: "127.0.0.1" }, admin });
    return {
      gateway,
      proxyUrl: `http://127.0.0.1:${addresses.proxy?.port}`,
      adminUrl: `http://127.0.0.1:${addresses.admin?.port}`,
      reload: () => reload(gateway, input()),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The file itself; or its text, with other ports in it, when the upstreams are not where the file says. */
function configuration(upstreams: readonly Running[]): () => ConfigInput {
  const [first, second] = upstreams.map(({ url }) => new URL(url).host);
  if (first === "127.0.0.1:9001" && second === "127.0.0.1:9002") return () => ({ path: file });
  return () => readFileSync(file, "utf8").replace("127.0.0.1:9001", `${first}`).replace("127.0.0.1:9002", `${second}`);
}

async function reload(gateway: Gateway, input: ConfigInput): Promise<void> {
  try {
    const { changed, hash } = await gateway.loadConfig(input);
    console.log(changed ? `reloaded, configuration ${hash}` : "nothing has changed");
  } catch (error) {
    console.error(`not reloaded, the configuration before stays in force\n${explain(error)}`);
  }
}

/** A refused document fault by fault, a taken port by its number, anything else as it is. */
function explain(error: unknown): string {
  if (error instanceof DeclarativeConfigError) {
    return error.issues
      .map(
        ({ line, column, path, message, hint }) =>
          `  ${line}:${column} ${path}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
      )
      .join("\n");
  }
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code !== "EADDRINUSE") return message;
  return port === 9001 || port === 9002
    ? `port ${port} is taken; the demo upstreams need 9001 and 9002 (change gateway.yml and main.ts to move them)`
    : `port ${port} is taken: choose others with PORT and ADMIN_PORT, e.g. PORT=8080 ADMIN_PORT=8081 npm start`;
}

async function main(): Promise<void> {
  const { PORT = "8000", ADMIN_PORT = "8001" } = process.env;
  const demo = await start({ proxy: Number(PORT), admin: Number(ADMIN_PORT) });
  const { proxyUrl, adminUrl } = demo;
  const tries = [
    [`curl -i ${proxyUrl}/shop/products`, "twice: the upstreams take turns"],
    [`curl -i ${proxyUrl}/shop/orders`, "401: a key is needed"],
    [`curl -i ${proxyUrl}/shop/orders -H 'apikey: alice-key'`, "200, five times a minute"],
    [`curl ${adminUrl}/routes`, "the configuration, over the Admin API"],
  ] as const;
  const width = Math.max(...tries.map(([command]) => command.length));
  console.log(`postern serves ${relative(process.cwd(), file)}

  proxy      ${proxyUrl}
  Admin API  ${adminUrl}
  upstreams  127.0.0.1:9001 and 127.0.0.1:9002, demos that answer with what they were asked

Try:

${tries.map(([command, what]) => `  ${command.padEnd(width)}  # ${what}`).join("\n")}

Reload with: kill -HUP ${process.pid}    Stop with: Ctrl+C`);

  process.on("SIGHUP", () => void demo.reload());
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      console.log("stopping: requests in hand may end");
      void demo.close().then(() => process.exit(0));
    });
  }
}

if (process.argv[1] === import.meta.filename) {
  await main().catch((error: unknown) => {
    console.error(explain(error));
    process.exitCode = 1;
  });
}
