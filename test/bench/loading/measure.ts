/** One measurement of the loading benchmark, in a process of its own. */
import { existsSync, openSync, readFileSync, readSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parse as parseYaml } from "yaml";
import { createGateway } from "../../../src/gateway.js";

/** CPU in microseconds, times in milliseconds, memory in bytes. */
export type Figures = Readonly<Record<string, number | string>>;

const [kind, small, ...files] = process.argv.slice(2) as [string, string, ...string[]];

/** Microseconds of all threads. */
async function cpu(run: () => unknown): Promise<number> {
  const started = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(started);
  return user + system;
}

/** What the parser alone takes for a text. */
async function parser(): Promise<Figures> {
  const parse = (file: string): unknown => {
    const text = readFileSync(file, "utf8");
    return file.endsWith("json") ? JSON.parse(text) : parseYaml(text);
  };
  parse(small);
  return { parser: await cpu(() => parse(files[0] as string)) };
}

/** A gateway that has loaded something small before: it has read its own code, and the engine has compiled hardly any of it. */
async function warmGateway(memCacheSize = "1g") {
  const gateway = createGateway({ memCacheSize });
  await gateway.loadConfig({ path: small });
  return gateway;
}

/**
 * The first load; one of the second file, in which one entity is another; and the first load of another gateway, of the third file, in which
 * all are others: by code that the engine has compiled.
 */
async function load(): Promise<Figures> {
  const gateway = await warmGateway();
  const [first, again, others] = files as [string, string, string];
  const figures = {
    load: await cpu(() => gateway.loadConfig({ path: first })),
    again: await cpu(() => gateway.loadConfig({ path: again })),
  };
  await gateway.close();
  const second = createGateway({ memCacheSize: "1g" });
  const compiled = await cpu(() => second.loadConfig({ path: others }));
  await second.close();
  return { ...figures, others: compiled };
}

/**
 * The longest time that the main thread has worked without letting its timers run, waiting for a processor not counted: on a machine
 * that has other work, the stalls of the event loop are the machine's as well.
 *
 * @returns stops, and answers milliseconds; `NaN` where the system does not tell
 */
function watchWork(): () => number {
  const file = "/proc/thread-self/schedstat";
  if (!existsSync(file)) return () => Number.NaN;
  const descriptor = openSync(file, "r");
  const buffer = Buffer.alloc(128);
  const worked = (): number => Number(buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, 128, 0)).split(" ")[0]) / 1e6;
  let longest = 0;
  let last = worked();
  const timer = setInterval(() => {
    const now = worked();
    longest = Math.max(longest, now - last);
    last = worked();
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

/** Loads the files in turn while requests come in; the parent sends them. */
async function traffic(): Promise<Figures> {
  const gateway = await warmGateway();
  const server = createServer(gateway.handler).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  process.send?.({ port: (server.address() as AddressInfo).port });
  // The first requests load and compile what all later ones use.
  const warm = 5000;
  let served = 0;
  await new Promise<void>((resolve) => {
    server.on("request", () => {
      served += 1;
      if (served === warm) resolve();
    });
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const stalls: number[] = [];
  const work: number[] = [];
  for (const file of files) {
    delay.reset();
    delay.enable();
    const longest = watchWork();
    await gateway.loadConfig({ path: file });
    // Until the timer has run once more, it has not seen the last slice.
    await new Promise((resolve) => setTimeout(resolve, 50));
    delay.disable();
    stalls.push(delay.max / 1e6);
    work.push(longest());
  }
  // It goes on serving until the parent has heard.
  return { first: stalls[0] ?? 0, again: stalls[1] ?? 0, firstWork: work[0] ?? 0, againWork: work[1] ?? 0 };
}

/** Whether a document fits into the heap, or is refused. */
async function big(): Promise<Figures> {
  const gateway = await warmGateway(files[1]);
  const started = performance.now();
  const outcome = await gateway.loadConfig({ path: files[0] as string }).then(
    ({ counts }) => `loaded ${Object.values(counts).reduce((sum, count) => sum + count, 0)} entities`,
    (error: Error) => `${error.name}: ${error.message}`,
  );
  const milliseconds = performance.now() - started;
  await gateway.close();
  return { outcome, milliseconds, rss: process.resourceUsage().maxRSS * 1024 };
}

const figures = await { parser, load, traffic, big }[kind as "parser" | "load" | "traffic" | "big"]();
if (process.send) process.send({ figures });
else process.stdout.write(JSON.stringify(figures));
process.disconnect?.();
