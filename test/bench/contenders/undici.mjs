/**
 * The floor: what a careful person would write by hand over undici's dispatch. Hop-by-hop headers removed both ways,
 * X-Forwarded-For extended, bodies streamed with back-pressure, a client that goes away aborts the request upstream.
 */
import http from "node:http";
import { Pool } from "undici";
import { listen } from "../listen.mjs";

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function requestHeaders(req) {
  const raw = req.rawHeaders;
  const named = namedByConnection(req.headers.connection);
  const headers = [];
  let forwardedFor = req.socket.remoteAddress;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index].toLowerCase();
    if (hopByHop.has(name) || named?.has(name)) continue;
    if (name === "x-forwarded-for") forwardedFor = `${raw[index + 1]}, ${forwardedFor}`;
    else headers.push(raw[index], raw[index + 1]);
  }
  headers.push("X-Forwarded-For", forwardedFor);
  return headers;
}

/** The header names that `Connection` lists beside `keep-alive` and `close`; `null` in the usual case that there is none. */
function namedByConnection(value) {
  if (value === undefined || value === "keep-alive" || value === "close") return null;
  return new Set(value.split(",").map((name) => name.trim().toLowerCase()));
}

/** undici's own (legacy) handler interface: the newer one is wrapped around it and costs more. */
class Exchange {
  constructor(req, res) {
    this.req = req;
    this.res = res;
    this.abort = null;
    this.onClose = () => {
      if (!res.writableFinished) this.abort?.(new Error("client closed"));
    };
    res.on("close", this.onClose);
  }

  onConnect(abort) {
    this.abort = abort;
    if (this.res.destroyed) abort(new Error("client closed"));
  }

  onHeaders(status, raw, resume, statusText) {
    if (status < 200) return true;
    const headers = [];
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index].latin1Slice();
      if (!hopByHop.has(name.toLowerCase())) headers.push(name, raw[index + 1].latin1Slice());
    }
    this.resume = resume;
    this.res.writeHead(status, statusText, headers);
    return true;
  }

  onData(chunk) {
    if (this.res.write(chunk)) return true;
    this.res.once("drain", this.resume);
    return false;
  }

  onComplete() {
    this.res.end();
  }

  onError() {
    if (this.res.headersSent) this.res.destroy();
    else if (!this.res.destroyed) {
      this.res.writeHead(502);
      this.res.end();
    }
  }
}

export function start({ upstream }) {
  const pool = new Pool(upstream.origin, { pipelining: 1 });
  const server = http.createServer((req, res) => {
    const hasBody = req.headers["content-length"] !== undefined || req.headers["transfer-encoding"] !== undefined;
    const request = { method: req.method, path: req.url, headers: requestHeaders(req), body: hasBody ? req : null };
    pool.dispatch(request, new Exchange(req, res));
  });
  return listen(server);
}
