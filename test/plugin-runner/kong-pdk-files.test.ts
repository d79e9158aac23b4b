import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningUpstream, startGateway, startUpstream } from "../../src/testing/index.js";

/** Files as the package's documentation tells authors to write them: CommonJS, one class, what it is in `module.exports`. */
const files: Readonly<Record<string, string>> = {
  // Named after its file, with a schema and calls that run side by side.
  "tag-visits.js": `'use strict';

class KongPlugin {
  constructor(config) {
    this.config = config
    this.visits = 0
  }

  async access(kong) {
    let client = await kong.request.getHeader("x-client")
    if (client === undefined) {
      return await kong.log.err("nobody told who they are")
    }

    this.visits += 1
    let word = this.config.word || "visit"
    await Promise.all([
      kong.response.setHeader("x-visit", word + " " + this.visits + " of " + client),
      kong.response.setHeader("x-pid", process.pid),
      kong.service.request.set_header("x-visits", this.visits),
    ])
  }
}

module.exports = {
  Plugin: KongPlugin,
  Schema: [
    { word: { type: "string" } },
  ],
  Version: '0.1.0',
  Priority: 0,
}
`,
  // With a name of its own, in a folder, beside a module of its own.
  "doorman/index.js": `const { knows } = require('./guests')

class Doorman {
  constructor(config) {
    this.config = config
  }

  async access(kong) {
    if (!knows(await kong.request.getHeader("userId"))) {
      return kong.response.exit(this.config.status, { message: "not on the list" })
    }
  }
}

module.exports = {
  Plugin: Doorman,
  Name: 'Doorman',
  Schema: [
    { status: { type: "integer", default: 403, between: [400, 499] } },
  ],
  Version: '1.2.3',
  Priority: 2000,
}
`,
  "doorman/guests.js": "exports.knows = (name) => ['alice', 'bob'].includes(name)\n",
  "doorman/package.json": '{ "name": "doorman", "version": "1.2.3", "main": "index.js" }\n',
  // Both bodies, by way of a response handler.
  "shout.js": `class Shout {
  constructor(config) {
    this.config = config
  }

  async access(kong) {
    let body = await kong.request.getRawBody()
    await Promise.all([
      kong.service.request.setQuery({ "shout": "v1" }),
      kong.service.request.setRawBody(body.replace(/(.)/g, (letter) => letter.toUpperCase())),
    ])
  }

  async response(kong) {
    if (await kong.response.getSource() == "service") {
      let body = await kong.service.response.getRawBody()
      await kong.response.exit(await kong.response.getStatus(), body + "!")
    }
  }
}

module.exports = { Plugin: Shout, Version: '0.1.0', Priority: 0 }
`,
};

describe("plugins for kong-pdk, by the paths of their files", () => {
  let folder: string;
  let upstream: RunningUpstream;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "postern-kong-pdk-"));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    upstream = await startUpstream((request, response) => {
      response.statusCode = 202;
      response.end(`asked ${request.url} with ${request.body}`);
    });
  });
  afterAll(async () => {
    await upstream.close();
    rmSync(folder, { recursive: true });
  });

  const gatewayWith = (file: string, name: string, config: object = {}) =>
    startGateway({
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      plugins: [join(folder, file)],
      declarativeConfig: {
        _format_version: "3.0",
        services: [{ name: "s", url: upstream.url, routes: [{ name: "r", paths: ["/"] }] }],
        plugins: [{ name, config }],
      },
    });

  it("run, and keep their state from one request to the next", async () => {
    await using gateway = await gatewayWith("tag-visits.js", "tag-visits", { word: "call" });
    const headers = { "X-Client": "alice" };
    for (const visit of [1, 2]) {
      const response = await gateway.fetch("/", { headers });
      expect([response.status, response.headers.get("x-visit"), response.headers.get("x-pid")]).toEqual([
        202,
        `call ${visit} of alice`,
        String(process.pid),
      ]);
      expect(upstream.requests.at(-1)?.headers["x-visits"]).toBe(String(visit));
    }
    expect((await gateway.fetch("/")).headers.get("x-visit")).toBeNull();
  });

  it("refuse, under a name of their own and with their schema's defaults", async () => {
    await using gateway = await gatewayWith("doorman", "doorman");
    expect((await gateway.fetch("/", { headers: { userId: "bob" } })).status).toBe(202);
    const refused = await gateway.fetch("/", { headers: { userId: "mallory" } });
    expect([refused.status, await refused.json()]).toEqual([403, { message: "not on the list" }]);
    await expect(gatewayWith("doorman", "doorman", { status: 200 })).rejects.toThrow("value should be between 400 and 499");
  });

  it("change bodies both ways", async () => {
    await using gateway = await gatewayWith("shout.js", "shout");
    const response = await gateway.fetch("/x", { method: "POST", body: "quiet" });
    expect([response.status, await response.text()]).toEqual([202, "asked /x?shout=v1 with QUIET!"]);
  });
});
