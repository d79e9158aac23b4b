import { wrongArgument } from "../errors/check-argument.js";

/**
 * Prepares once per configuration what does not depend on the request: compiled patterns, sorted lists.
 *
 * @param prepare - called at the first request that uses the configuration
 * @returns a function that answers what was prepared
 */
export function perConfig<C extends object, T>(prepare: (config: C) => T): (config: C) => T {
  if (typeof prepare !== "function") throw wrongArgument("prepare", "a function", prepare);
  const prepared = new WeakMap<C, T>();
  return (config) => {
    let value = prepared.get(config);
    if (value === undefined) {
      value = prepare(config);
      prepared.set(config, value);
    }
    return value;
  };
}
