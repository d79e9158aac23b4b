import { OptionsError } from "./gateway-error.js";

/** What a value is, for people: `null`, `a text`, `a list`. */
export function kindOfValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "object":
      return "an object";
    case "function":
      return "a function";
    case "string":
      return "a text";
    default:
      return `the ${typeof value} ${String(value)}`;
  }
}

/** The error for an argument of another type. Users of JavaScript have no compiler that tells them. */
export function wrongArgument(name: string, expected: string, value: unknown): OptionsError {
  return new OptionsError(name, `must be ${expected}, not ${kindOfValue(value)}`);
}

/** @throws OptionsError for what adapters cannot mount */
export function checkGateway(gateway: unknown): void {
  const { handler } = (gateway ?? {}) as { readonly handler?: unknown };
  if (typeof handler !== "function") throw wrongArgument("gateway", "what createGateway makes", gateway);
}

/** As `isObject` of the schemas, for rooms that cannot import from there: an object, and no list. */
export function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param expected - what the object is: `an object with …`
 * @throws OptionsError for what is no object
 */
export function checkObject(name: string, expected: string, value: unknown): void {
  if (!isPlainObject(value)) throw wrongArgument(name, expected, value);
}
