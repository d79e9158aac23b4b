import type { Pdk } from "../../pdk/pdk.js";
import type { Changes } from "./changes.js";

/** Changes the headers of the upstream request. `Host` can only be replaced. */
export function changeHeaders({ request, service }: Pdk, { remove, rename, replace, add, append }: Changes): void {
  for (const name of remove) if (!isHost(name)) service.request.clearHeader(name);
  for (const [from, to] of rename) {
    const values = isHost(from) || isHost(to) || from === to ? undefined : request.getHeaderValues(from);
    if (values === undefined) continue;
    // First away with the old one: a new name may be the same in another case.
    service.request.clearHeader(from);
    service.request.setHeader(to, values);
  }
  for (const [name, value] of replace) {
    if (isHost(name) || request.getHeaderValues(name) !== undefined) service.request.setHeader(name, value);
  }
  for (const [name, value] of add) {
    if (!isHost(name) && request.getHeaderValues(name) === undefined) service.request.setHeader(name, value);
  }
  for (const [name, value] of append) if (!isHost(name)) service.request.addHeader(name, value);
}

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === "host";
}

/** What no header may hold is escaped as in a URI, so that a value that a client had a hand in cannot end its line. */
export function headerSafe(value: string): string {
  return value.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\0-\x08\x0a-\x1f\x7f]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
