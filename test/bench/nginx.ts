import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ContenderStartError, type RunningContender } from "./contender.js";
import { findOnPath } from "./programs.js";

/** USER_HZ: the unit of the times in /proc/<pid>/stat, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
const START_TIMEOUT_MS = 5000;

function configuration(port: number, upstreamPort: number): string {
  return `
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log stderr crit;
    events { worker_connections 4096; }
    http {
      access_log off;
      tcp_nodelay on;
      keepalive_requests 1000000000;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      client_body_buffer_size 64k;
      upstream backend {
        server 127.0.0.1:${upstreamPort};
        keepalive 256;
        keepalive_requests 1000000000;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://backend;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_buffers 32 16k;
          proxy_max_temp_file_size 0;
        }
      }
    }`;
}

/** Starts nginx with one worker, set up for keep-alive on both sides, and measures the worker by what /proc says of it. */
export async function startNginx(upstreamPort: number): Promise<RunningContender> {
  const program = findOnPath("nginx", ["/usr/sbin", "/usr/local/sbin"]);
  if (program === null) throw new ContenderStartError("nginx is not installed", true);
  if (process.platform !== "linux") throw new ContenderStartError("nginx is measured through /proc, on Linux only", true);
  const folder = await mkdtemp(join(tmpdir(), "bench-nginx-"));
  const port = await freePort();
  await writeFile(join(folder, "nginx.conf"), configuration(port, upstreamPort));
  const master = spawn(program, ["-p", folder, "-c", join(folder, "nginx.conf")], { stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(master, "exit");
  const stop = async (): Promise<void> => {
    if (master.exitCode === null) {
      master.kill("SIGTERM");
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (master.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new ContenderStartError("nginx did not start", false);
    }
    await sleep(20);
  }
  const children = await readFile(`/proc/${master.pid}/task/${master.pid}/children`, "utf8");
  const worker = Number(children.trim().split(" ")[0]);
  return {
    port,
    async sample() {
      const stat = await readFile(`/proc/${worker}/stat`, "utf8");
      // The second field is the program's name in parentheses; the numbers that follow begin with field 3.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const ticks = Number(fields[11]) + Number(fields[12]);
      return { cpuMicroseconds: (ticks * 1_000_000) / TICKS_PER_SECOND, rssBytes: Number(fields[21]) * PAGE_BYTES };
    },
    stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address !== "object") throw new Error("no port");
  return address.port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
