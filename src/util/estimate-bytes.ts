// What V8 (64-bit, without pointer compression) keeps for each kind of value, measured with --expose-gc on Node 20 and 22. Strings
// are taken as Latin-1, which nearly all configuration text is.
const STRING = 24;
const OBJECT = 24;
const SLOT = 8;
const HEAP_NUMBER = 16;
const ARRAY = 32;
const COLLECTION = 64;
const COLLECTION_ENTRY = 32;

/** Documents are refused beyond this depth; what a plugin caches below it counts as one slot. */
const maxDepth = 1000;

/**
 * About how many bytes of heap a value takes: within a third of what the heap grows by, for JSON-like data. What is reached twice
 * counts once. What is not data (functions, private parts of class instances) is not seen.
 */
export function estimateBytes(value: unknown): number {
  return SLOT + beyondSlot(value, 0, new Set());
}

/** What a value takes beside the slot that holds it. */
function beyondSlot(value: unknown, depth: number, seen: Set<object>): number {
  if (typeof value === "string") return STRING + value.length;
  if (typeof value === "number") return (value | 0) === value ? 0 : HEAP_NUMBER;
  if (typeof value !== "object" || value === null || depth > maxDepth || seen.has(value)) return 0;
  seen.add(value);
  if (Array.isArray(value)) {
    let bytes = ARRAY + value.length * SLOT;
    for (const item of value) bytes += beyondSlot(item, depth + 1, seen);
    return bytes;
  }
  if (ArrayBuffer.isView(value)) return COLLECTION + value.byteLength;
  if (value instanceof Map || value instanceof Set) {
    let bytes = COLLECTION + value.size * COLLECTION_ENTRY;
    const isMap = value instanceof Map;
    for (const [key, item] of value.entries()) {
      bytes += beyondSlot(item, depth + 1, seen) + (isMap ? beyondSlot(key, depth + 1, seen) : 0);
    }
    return bytes;
  }
  let bytes = OBJECT;
  for (const key in value) bytes += SLOT + beyondSlot((value as Record<string, unknown>)[key], depth + 1, seen);
  return bytes;
}
