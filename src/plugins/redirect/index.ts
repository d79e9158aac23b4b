import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { bool, int } from "../../schema/field.js";
import { urlFault } from "../../schema/text-faults.js";
import { url } from "../../schema/typedefs-http.js";

/** `URL` passes over line ends and blanks, which a header may not hold. */
function locationFault(value: string): string | undefined {
  return urlFault(value) ?? (URL.canParse(value) && /^\P{Cc}*$/u.test(value) ? undefined : `invalid value: ${value}`);
}

/** Sends clients to another address. */
export const redirect = definePlugin({
  name: "redirect",
  version: "3.10.0",
  priority: 779,
  config: {
    status_code: int({ required: true, default: 301, between: [100, 599], description: "Status of the answer." }),
    location: url({ required: true, validator: locationFault, description: "The URL to go to." }),
    keep_incoming_path: bool({
      default: false,
      description: "Keeps the request's path and query, in place of those of `location`.",
    }),
  },

  access(pdk, { status_code, location, keep_incoming_path }) {
    const Location =
      keep_incoming_path === true ? withPath(location, pdk.request.getPath(), pdk.request.getRawQuery()) : location;
    return pdk.response.exit(status_code, "redirecting", { Location });
  },
});

/** Only `URL` escapes as the WHATWG has it; no request that ends here is in such a hurry as one that goes on. */
function withPath(location: string, path: string, query: string): string {
  const target = new URL(location);
  target.pathname = path;
  target.search = query;
  return target.href;
}
