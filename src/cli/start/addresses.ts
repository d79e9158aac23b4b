import type { AddressInfo } from "node:net";

/** The URL of an address that is listened on. */
export function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
