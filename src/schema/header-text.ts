import { isToken } from "../util/header-list.js";

/** What is wrong with text that a plugin is to put into heads: it is told when the configuration is loaded, not with each request. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const control = /[\0-\x08\x0a-\x1f\x7f]/;

/** The name of a header, or of a cookie: more than Kong's own type of header names allows. */
export function tokenFault(value: string): string | undefined {
  return isToken(value) ? undefined : `invalid value: ${value}`;
}

/** The value of a header: a line break would end it. */
export function headerTextFault(value: string): string | undefined {
  return control.test(value) ? `invalid value: ${value}` : undefined;
}
