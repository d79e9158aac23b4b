import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const VERSION = 1;
const ID_BYTES = 24;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + ID_BYTES;

/** What was sealed. */
export interface Opened {
  /** Of the session, in base64url. */
  readonly id: string;
  readonly content: string;
}

/** A new id of a session: 24 random bytes in base64url. */
export function newSessionId(): string {
  return randomBytes(ID_BYTES).toString("base64url");
}

/**
 * Encrypts and authenticates with AES-256-GCM: version, id, nonce, cipher text, tag, in base64url. Each session has a key of its own,
 * derived (RFC 5869) from the secret, its id and the purpose, so that nonces stay rare under each of them, and what was sealed for one
 * purpose opens for no other.
 */
export class Sealer {
  readonly #secret: string;
  readonly #purpose: string;

  /** @param purpose - cookie or record, its name, and whom it is for */
  constructor(secret: string, ...purpose: readonly string[]) {
    this.#secret = secret;
    this.#purpose = JSON.stringify(["postern session", ...purpose]);
  }

  seal(id: string, content: string): string {
    const idBytes = Buffer.from(id, "base64url");
    const head = Buffer.concat([Buffer.of(VERSION), idBytes]);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#keyOf(idBytes), nonce).setAAD(head);
    const body = Buffer.concat([cipher.update(content, "utf8"), cipher.final()]);
    return Buffer.concat([head, nonce, body, cipher.getAuthTag()]).toString("base64url");
  }

  /** @returns `undefined` for what was not sealed here, for this purpose, with this secret */
  open(sealed: string): Opened | undefined {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
    const head = bytes.subarray(0, HEAD_BYTES);
    const id = head.subarray(1);
    const body = bytes.subarray(HEAD_BYTES + NONCE_BYTES, -TAG_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.#keyOf(id), bytes.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(head).setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const content = Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
      return { id: id.toString("base64url"), content };
    } catch {
      return undefined;
    }
  }

  #keyOf(id: Buffer): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#secret, id, this.#purpose, 32));
  }
}
