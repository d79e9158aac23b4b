import type * as undici from "undici";
import { lazyRequire } from "../../util/lazy-require.js";
import type { Receiver } from "./receiver.js";

const client = lazyRequire<typeof undici>("undici");

/** Characters of an answer that a message shows. */
const shownBody = 1000;

/** Connections to the servers that one gateway sends entries to. */
export class HttpClients {
  readonly #agents = new Map<string, undici.Agent>();

  /**
   * Sends a batch of entries.
   *
   * @param entries - JSON texts
   * @throws Error (rejects) unless the server takes them
   */
  async send(receiver: Receiver, entries: readonly string[], signal: AbortSignal): Promise<void> {
    const { url, host, method, headers, sendsLists } = receiver;
    const body = sendsLists ? `[${entries.join(",")}]` : (entries[0] as string);
    let answer: undici.Dispatcher.ResponseData;
    try {
      answer = await client().request(url, { dispatcher: this.#agent(receiver), method, headers, body, signal });
    } catch (error) {
      throw new Error(`failed request to ${host}: ${(error as Error).message}`);
    }
    if (answer.statusCode < 300) {
      await answer.body.dump();
      return;
    }
    const text = (await answer.body.text().catch(() => "")).slice(0, shownBody);
    throw new Error(`request to ${host} returned status code ${answer.statusCode} and body ${text}`);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #agent({ timeout, keepalive }: Receiver): undici.Agent {
    const key = `${timeout}:${keepalive}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      const { Agent } = client();
      agent = new Agent({
        // Kong's plugin does not verify certificates.
        connect: { timeout, rejectUnauthorized: false },
        headersTimeout: timeout,
        bodyTimeout: timeout,
        keepAliveTimeout: Math.max(1, keepalive),
      });
      this.#agents.set(key, agent);
    }
    return agent;
  }
}
