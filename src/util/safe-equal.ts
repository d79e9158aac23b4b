import { timingSafeEqual } from "node:crypto";

/** Compares secrets. How long it takes tells nothing about where they differ; it may tell that their lengths do. */
export function safeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  const left = typeof a === "string" ? Buffer.from(a) : a;
  const right = typeof b === "string" ? Buffer.from(b) : b;
  return left.length === right.length && timingSafeEqual(left, right);
}
