const units = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;

/** Units in which sizes may be asked for. */
export type SizeUnit = keyof typeof units;

export function isSizeUnit(text: string): text is SizeUnit {
  return Object.hasOwn(units, text);
}

/**
 * A number of bytes as Kong shows it: `53.41 MiB`, or the plain number in bytes.
 *
 * @param scale - decimals
 */
export function sizeText(bytes: number, unit: SizeUnit, scale: number): string | number {
  if (unit === "b") return bytes;
  return `${(bytes / units[unit]).toFixed(Math.min(Math.floor(scale), 100))} ${unit.toUpperCase()}iB`;
}
