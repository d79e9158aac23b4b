import { randomFillSync } from "node:crypto";

const BYTES = 16;
const pool = Buffer.allocUnsafe(BYTES * 256);
let offset = pool.length;

/** 32 lower-case hexadecimal digits, 128 random bits. Drawn from a pool: one call to the generator serves 256 requests. */
export function newRequestId(): string {
  if (offset === pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const id = pool.toString("hex", offset, offset + BYTES);
  offset += BYTES;
  return id;
}
