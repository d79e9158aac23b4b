import type { Pdk } from "../../pdk/pdk.js";
import { MOST_HEADERS, storableFor } from "./cacheable.js";
import type { Config } from "./config.js";
import { FORMAT, type MemoryZone, type StoredAnswer } from "./memory-zones.js";
import { type Variant, variantOf } from "./vary.js";

/** Not sent with a stored answer: they belong to the connection or to the request that it answered, or are set anew. */
const notReplayed =
  /^(?:connection|keep-alive|proxy-authenticate|proxy-authorization|te|trailers?|transfer-encoding|upgrade|age|x-cache-status|x-cache-key)$|ratelimit-remaining/;

/** An answer on its way to the client, and into a zone when all of it has passed. */
export class Storing {
  readonly #zone: MemoryZone;
  readonly #key: string;
  readonly #ttl: number;
  readonly #variant: Variant;
  readonly #status: number;
  readonly #headers: StoredAnswer["headers"];
  readonly #source: string;
  #pieces: Buffer[] = [];
  #length = 0;

  private constructor(pdk: Pdk, zone: MemoryZone, key: string, ttl: number, variant: Variant) {
    this.#zone = zone;
    this.#key = key;
    this.#ttl = ttl;
    this.#variant = variant;
    this.#status = pdk.response.getStatus();
    this.#headers = frozen(pdk.response.getHeaders(MOST_HEADERS));
    this.#source = pdk.response.getSource();
  }

  /** In the header filter; `undefined` when the answer is not to be stored. */
  static begin(pdk: Pdk, config: Config, zone: MemoryZone, key: string): Storing | undefined {
    const ttl = storableFor(pdk, config);
    const variant = variantOf(pdk);
    return ttl === undefined || variant === undefined ? undefined : new Storing(pdk, zone, key, ttl, variant);
  }

  /** @returns `false` when the body has become too long */
  add(piece: Buffer): boolean {
    this.#length += piece.length;
    this.#pieces.push(piece);
    return this.#length <= this.#zone.longestBody;
  }

  /** The last piece was added. */
  finish(pdk: Pdk, { storage_ttl }: Config, requestBody: Buffer | undefined): void {
    // A header filter of another plugin has made another answer of this one.
    if (pdk.response.getSource() !== this.#source || pdk.response.getStatus() !== this.#status) return;
    const isHead = pdk.request.getMethod() === "HEAD";
    const now = pdk.now();
    const headers = this.#headers;
    const answer: StoredAnswer = Object.freeze({
      status: this.#status,
      headers,
      body: joined(this.#pieces, this.#length),
      body_len: this.#length,
      timestamp: Math.floor(now / 1000),
      ttl: this.#ttl,
      version: FORMAT,
      req_body: requestBody,
    });
    this.#zone.set(this.#key, {
      answer,
      replayed: Object.fromEntries(
        Object.entries(headers).filter(([name]) => (name === "content-length" ? isHead : !notReplayed.test(name))),
      ),
      variant: this.#variant,
      expires: now + (storage_ttl ?? this.#ttl) * 1000,
    });
  }
}

/** Plugins are shown what is stored. */
function frozen(headers: Record<string, string | string[]>): StoredAnswer["headers"] {
  for (const values of Object.values(headers)) if (typeof values !== "string") Object.freeze(values);
  return Object.freeze(headers);
}

/** In memory of its own: pieces are parts of what was read from a socket, and would keep all of it. */
function joined(pieces: readonly Buffer[], length: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) at += piece.copy(whole, at);
  return whole;
}
