const units = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;

/**
 * Reads a size as configuration files write it.
 *
 * @param size - bytes, or a text such as `"128m"`, `"512k"`, `"1g"` (powers of 1024)
 * @returns bytes; `undefined` when it is not a size
 */
export function parseByteSize(size: unknown): number | undefined {
  if (typeof size === "number") return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
  if (typeof size !== "string") return undefined;
  const parts = /^(\d+)([kmg]?)$/i.exec(size.trim());
  if (!parts) return undefined;
  const unit = parts[2]?.toLowerCase() as keyof typeof units | "";
  const bytes = Number(parts[1]) * (unit === "" ? 1 : units[unit]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
