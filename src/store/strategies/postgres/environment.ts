import { OptionsError } from "../../../errors/gateway-error.js";
import { type PostgresOptions, postgresOptionKinds } from "./settings.js";

const truths: Readonly<Record<string, boolean>> = { on: true, true: true, off: false, false: false };

/** `pgHost` → `pg_host`: Kong's spelling of a setting. */
export function kongName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Reads the settings of PostgreSQL from texts.
 *
 * @param textOf - the text of a setting by Kong's name (`pg_host`); `undefined` where it is not set
 * @throws OptionsError for a text that cannot be
 */
export function postgresOptionsFrom(textOf: (name: string) => string | undefined): PostgresOptions {
  const options: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(postgresOptionKinds)) {
    const text = textOf(kongName(name));
    if (text !== undefined) options[name] = settingOf(name, kind, text);
  }
  return options;
}

function settingOf(name: string, kind: "number" | "text" | "switch", text: string): unknown {
  if (kind === "text") return text;
  if (kind === "number") {
    if (!/^\d+$/.test(text)) throw new OptionsError(name, `'${text}' is not a whole number`);
    return Number(text);
  }
  const value = Object.hasOwn(truths, text.toLowerCase()) ? truths[text.toLowerCase()] : undefined;
  if (value === undefined) throw new OptionsError(name, `'${text}' is neither 'on' nor 'off'`);
  return value;
}
