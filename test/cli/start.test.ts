import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startUpstream } from "../../src/testing/index.js";
import { waitFor } from "../support/wait-for.js";
import { postern } from "./postern.js";
import { posternProcess, Running } from "./running.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-start-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

const ports = ["--proxy-port", "0", "--admin-port", "0"];
const text = (url: string, path: string): string =>
  JSON.stringify({ _format_version: "3.0", services: [{ name: "echo", url, routes: [{ paths: [path] }] }] });

describe("postern start", () => {
  it("serves a file, reads it again at SIGHUP, and ends at SIGTERM", { timeout: 60_000 }, async () => {
    await using upstream = await startUpstream();
    const file = join(folder, "gateway.json");
    await writeFile(file, text(upstream.url, "/one"));
    await using running = new Running(["start", "--config", file, ...ports]);
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    expect((await fetch(`${proxy}/one`)).status).toBe(200);

    await writeFile(file, text(upstream.url, "/two"));
    running.signal("SIGHUP");
    await running.says(/configuration loaded/);
    expect((await fetch(`${proxy}/one`)).status).toBe(404);

    await writeFile(file, text("http://bad host", "/three"));
    running.signal("SIGHUP");
    await running.says(/Error: Failed parsing/);
    expect((await fetch(`${proxy}/two`)).status).toBe(200);

    running.signal("SIGTERM");
    expect(await running.exitCode()).toBe(0);
    expect(running.output).toMatch(/stopping\n$/);
  });

  it("opens the Admin API", { timeout: 60_000 }, async () => {
    await using running = new Running(["start", ...ports]);
    const admin = await running.says(/Admin API listens on (\S+)\n/);
    expect(await (await fetch(`${admin}/services`)).json()).toEqual({ data: [], next: null });
    running.signal("SIGINT");
    expect(await running.exitCode()).toBe(0);
  });

  it("ends with 1 when it cannot start", { timeout: 60_000 }, async () => {
    await using upstream = await startUpstream();
    await using taken = new Running(["start", "--proxy-port", String(upstream.port), "--admin-port", "0"]);
    await using missing = new Running(["start", "--config", join(folder, "none.yml"), ...ports]);
    expect(await taken.exitCode()).toBe(1);
    expect(await missing.exitCode()).toBe(1);
    await taken.says(/Error: .*EADDRINUSE/);
    await missing.says(/Error: option 'declarativeConfig': the file cannot be read/);
  });

  it("serves what comes out of a pipe, and reads it once", { timeout: 60_000 }, async () => {
    const pipe = join(folder, "gateway.pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    await using running = new Running(["start", "--config", pipe, "--no-admin", ...ports]);
    await writeFile(
      pipe,
      JSON.stringify({ _format_version: "3.0", routes: [{ paths: ["/"], plugins: [{ name: "request-termination" }] }] }),
    );
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    expect((await fetch(proxy)).status).toBe(503);
    running.signal("SIGHUP");
    await running.says(/there is no configuration file to read again/);
    expect((await fetch(proxy)).status).toBe(503);
  });

  it("shows the faults of what comes out of a pipe", { timeout: 60_000 }, async () => {
    const pipe = join(folder, "faulty.pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    await using running = new Running(["start", "--config", pipe, "--no-admin", ...ports]);
    await writeFile(pipe, '_format_version: "3.0"\nservices:\n- { name: a }\n');
    expect(await running.exitCode()).toBe(1);
    await running.says(/Failed parsing \S+faulty\.pipe: 1 fault\n\S+faulty\.pipe:3:3: [\s\S]*3 \| - \{ name: a \}/);
  });

  it.each([
    ["--watch", [], "--watch: '/dev/null' is no file that could be watched"],
    ["--workers", ["2"], "--workers: each process would have to read '/dev/null', which can be read once"],
  ])("takes no pipe with %s", async (flag, values, message) => {
    const { code, err } = await postern(["start", "--config", "/dev/null", flag, ...values]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });

  it("loads the file again when it changes, and tells what it refuses", { timeout: 60_000 }, async () => {
    const file = join(folder, "watched.json");
    await writeFile(file, text("http://a.test", "/one"));
    await using running = new Running(["start", "--config", file, "--watch", "--no-admin", ...ports]);
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    await writeFile(`${file}.new`, text("http://a.test", "two"));
    await rename(`${file}.new`, file);
    await running.says(/Error: Failed parsing .*1 fault\n.*should start with: \/.*\n/);
    await writeFile(file, JSON.stringify({ _format_version: "3.0" }));
    await running.says(/configuration loaded/);
    expect((await fetch(`${proxy}/one`)).status).toBe(404);
    expect(running.output).not.toContain("Admin API");
  });

  it("reads a kong.conf and the environment", { timeout: 60_000 }, async () => {
    const conf = join(folder, "kong.conf");
    await writeFile(
      conf,
      "proxy_listen = 127.0.0.1:0\nadmin_listen = off\nstatus_listen = 127.0.0.1:0\nheaders = off\nnginx_http_gzip = on\nhedders = off\n",
    );
    const document = JSON.stringify({
      _format_version: "3.0",
      plugins: [{ name: "request-termination", config: { message: "hi" } }],
    });
    const env = { KONG_DECLARATIVE_CONFIG_STRING: document, KONG_HEADERS: "server_tokens" };
    await using running = new Running(["start", "-c", conf], env);
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    const status = await running.says(/Status API listens on (\S+)\n/);
    expect((await fetch(`${status}/status/ready`)).status).toBe(200);
    const { headers } = await fetch(proxy);
    expect(headers.get("server")).toMatch(/^postern/);
    expect(headers.has("x-kong-request-id")).toBe(false);
    expect(running.output).toContain(`warning: ${conf}:5: nginx_http_gzip has no meaning here and is ignored\n`);
    expect(running.output).toContain(`warning: ${conf}:6: hedders is no setting and is ignored; did you mean 'headers'?\n`);
    expect(running.output).not.toContain("Admin API");
  });

  it.each([
    ["one process", []],
    ["several processes", ["--workers", "2"]],
  ])("leaves the pid file of a gateway that runs alone: %s", { timeout: 60_000 }, async (_, more) => {
    const pidFile = join(folder, `kept-${more.length}.pid`);
    await using running = new Running(["start", ...ports, "--pid-file", pidFile, ...more]);
    const { port } = new URL(await running.says(/Admin API listens on (\S+)\n/));
    const taken = await posternProcess(["start", "--proxy-port", "0", "--admin-port", port, "--pid-file", pidFile, ...more]);
    expect(taken).toMatchObject({ code: 1, err: expect.stringContaining("EADDRINUSE") });
    expect(Number(await readFile(pidFile, "utf8"))).toBe(running.pid);

    // Another one that serves takes the file over, and the first one does not remove it.
    await using second = new Running(["start", ...ports, "--pid-file", pidFile, ...more]);
    await second.says(/Admin API listens on (\S+)\n/);
    running.signal("SIGTERM");
    expect(await running.exitCode()).toBe(0);
    expect(Number(await readFile(pidFile, "utf8"))).toBe(second.pid);
  });

  it("ends with 1 when it cannot write its pid file", { timeout: 60_000 }, async () => {
    const pidFile = join(folder, "none", "postern.pid");
    expect(await posternProcess(["start", ...ports, "--pid-file", pidFile])).toEqual({
      code: 1,
      out: "",
      err: `Error: ENOENT: no such file or directory, open '${pidFile}'\n`,
    });
  });

  it("goes on when nobody reads its output any more", { timeout: 60_000 }, async () => {
    const file = join(folder, "unread.json");
    await writeFile(file, text("http://a.test", "/one"));
    await using running = new Running(["start", "--config", file, ...ports]);
    const admin = await running.says(/Admin API listens on (\S+)\n/);
    running.closeOutput();
    const loads = await Promise.all(
      ["/two", "/three", "/four"].map((path) =>
        fetch(`${admin}/config`, {
          method: "POST",
          body: text("http://a.test", path),
          headers: { "content-type": "application/json" },
        }),
      ),
    );
    expect(loads.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect((await fetch(`${admin}/status`)).status).toBe(200);
    running.signal("SIGTERM");
    expect(await running.exitCode()).toBe(0);
  });

  it("is told to reload, and asked for its health", { timeout: 60_000 }, async () => {
    const file = join(folder, "told.json");
    const pidFile = join(folder, "postern.pid");
    await writeFile(file, text("http://a.test", "/one"));
    const env = { POSTERN_ADMIN_TOKEN: "t0ken" };
    await using running = new Running(["start", "--config", file, "--pid-file", pidFile, ...ports], env);
    const admin = await running.says(/Admin API listens on (\S+)\n/);
    expect(Number(await readFile(pidFile, "utf8"))).toBe(running.pid);
    const health = await posternProcess(["health", "--admin-url", admin], env);
    expect(health).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^healthy: the gateway at .* \(configuration [0-9a-f]{32}\)\n$/),
    });
    expect(await posternProcess(["health", "--admin-url", admin])).toMatchObject({
      code: 1,
      err: expect.stringContaining("Unauthorized"),
    });

    expect(await posternProcess(["reload", "--pid-file", pidFile])).toEqual({ code: 0, out: "", err: "" });
    await running.says(/configuration unchanged/);
    await writeFile(file, text("http://a.test", "/two"));
    const reload = ["reload", "--admin-url", admin, "--config", file];
    expect(await posternProcess(reload, env)).toEqual({ code: 0, out: "configuration loaded\n", err: "" });
    expect(await posternProcess(reload, env)).toEqual({ code: 0, out: "configuration unchanged\n", err: "" });
    await writeFile(file, text("http://a.test", "three"));
    expect(await posternProcess(reload, env)).toMatchObject({
      code: 1,
      err: expect.stringContaining("the configuration was refused: "),
    });
    running.signal("SIGTERM");
    expect(await running.exitCode()).toBe(0);
    await expect(readFile(pidFile)).rejects.toThrow("ENOENT");
  });
});

describe("postern start --workers", () => {
  const services = async (admin: string): Promise<unknown> => (await fetch(`${admin}/services`)).json();

  /** Asks often enough that every worker has been asked: connections go round. */
  async function statuses(url: string): Promise<Set<number>> {
    const answers = await Promise.all(Array.from({ length: 12 }, () => fetch(url, { headers: { connection: "close" } })));
    return new Set(answers.map(({ status }) => status));
  }

  it("serves with several processes, which all have the same configuration", { timeout: 90_000 }, async () => {
    await using upstream = await startUpstream();
    const file = join(folder, "workers.json");
    await writeFile(file, text(upstream.url, "/one"));
    await using running = new Running(["start", "--config", file, "--workers", "3", ...ports]);
    const admin = await running.says(/Admin API listens on (\S+)\n/);
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    expect(running.output.match(/worker \d+ serves/g)).toHaveLength(3);
    expect(await statuses(`${proxy}/one`)).toEqual(new Set([200]));
    expect(await services(admin)).toMatchObject({ data: [{ name: "echo" }] });

    // What comes by the Admin API gets to all of them, and is refused as a whole.
    const load = (body: string): Promise<Response> =>
      fetch(`${admin}/config`, { method: "POST", body, headers: { "content-type": "application/json" } });
    expect((await load(text(upstream.url, "/two"))).status).toBe(201);
    expect(await statuses(`${proxy}/two`)).toEqual(new Set([200]));
    const refused = await load(text(upstream.url, "three"));
    expect([refused.status, ((await refused.json()) as { name: string }).name]).toEqual([
      400,
      "invalid declarative configuration",
    ]);
    expect(await statuses(`${proxy}/two`)).toEqual(new Set([200]));
    expect((await fetch(`${admin}/services/echo`, { method: "DELETE" })).status).toBe(405);

    // One that crashes is replaced, and its successor has what has come by the Admin API.
    const crashed = Number(/worker (\d+) serves/.exec(running.output)?.[1]);
    process.kill(crashed, "SIGKILL");
    await running.says(/a worker has ended by signal SIGKILL; another one starts in 100 ms/);
    await waitFor(() => running.output.match(/worker \d+ serves/g)?.length === 4, { timeout: 20_000 });
    expect(await statuses(`${proxy}/two`)).toEqual(new Set([200]));
    expect(await services(admin)).toMatchObject({ data: [{ name: "echo" }] });

    // SIGHUP gets to all of them.
    await writeFile(file, text(upstream.url, "/four"));
    running.signal("SIGHUP");
    await running.says(/configuration loaded/);
    expect(await statuses(`${proxy}/four`)).toEqual(new Set([200]));
    expect(await statuses(`${proxy}/two`)).toEqual(new Set([404]));
    await writeFile(file, "{");
    running.signal("SIGHUP");
    await running.says(/Error: Failed parsing .*workers\.json/);
    expect(await statuses(`${proxy}/four`)).toEqual(new Set([200]));
    expect(running.output.match(/Error: Failed parsing .*workers\.json: 1 fault/g)).toHaveLength(1);

    running.signal("SIGTERM");
    expect(await running.exitCode()).toBe(0);
    expect(running.output).toMatch(/stopping\n$/);
  });

  it("loads a file that changes in all of them", { timeout: 60_000 }, async () => {
    const file = join(folder, "watched-by-all.json");
    await writeFile(file, text("http://a.test", "/one"));
    await using running = new Running(["start", "--config", file, "--workers", "2", "--watch", "--no-admin", ...ports]);
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    await writeFile(file, JSON.stringify({ _format_version: "3.0" }));
    await running.says(/configuration loaded/);
    expect(await statuses(`${proxy}/one`)).toEqual(new Set([404]));
    expect(running.output).not.toContain("unchanged");
  });

  it("lets requests in hand end", { timeout: 60_000 }, async () => {
    let answer = (): void => undefined;
    await using upstream = await startUpstream((_request, response) => {
      answer = () => response.end("late");
    });
    const file = join(folder, "slow.json");
    await writeFile(file, text(upstream.url, "/slow"));
    await using running = new Running(["start", "--config", file, "--workers", "2", "--no-admin", ...ports]);
    const proxy = await running.says(/proxy listens on (\S+)\n/);
    const asked = fetch(`${proxy}/slow`);
    await waitFor(() => upstream.requests.length === 1);
    running.signal("SIGTERM");
    await running.says(/stopping/);
    answer();
    expect(await (await asked).text()).toBe("late");
    expect(await running.exitCode()).toBe(0);
  });

  it("ends with 1 when the workers cannot start, and says why once", { timeout: 60_000 }, async () => {
    await using upstream = await startUpstream();
    const file = join(folder, "refused.json");
    await writeFile(file, text("http://a.test", "no"));
    await using refused = new Running(["start", "--config", file, "--workers", "2", ...ports]);
    await using taken = new Running(["start", "--workers", "2", "--no-admin", "--proxy-port", String(upstream.port)]);
    expect(await refused.exitCode()).toBe(1);
    expect(await taken.exitCode()).toBe(1);
    expect(refused.output.match(/Error: /g)).toHaveLength(1);
    expect(refused.output).toContain("should start with: /");
    expect(taken.output.match(/EADDRINUSE/g)).toHaveLength(1);
  });

  it.each([
    [["--workers", "0"], {}, "--workers: '0' is neither a number of processes nor 'auto'"],
    [["--workers", "many"], {}, "--workers: 'many' is neither"],
    [["--workers", "2"], { KONG_DATABASE: "memory" }, "--workers: each process would have a database of its own"],
    [["--watch"], {}, "--watch: there is no file to watch"],
  ])("refuses %j", async (args, env, message) => {
    const { code, err } = await postern(["start", ...args], env);
    expect(code).toBe(1);
    expect(err).toContain(`Error: ${message}`);
  });
});
