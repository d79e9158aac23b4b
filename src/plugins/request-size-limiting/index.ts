import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { bool, int, oneOf } from "../../schema/field.js";

const UNITS = { megabytes: 1_048_576, kilobytes: 1_024, bytes: 1 } as const;

const DEFAULT_SIZE = 128;
const TOO_LARGE = "Request size limit exceeded";

/** Bytes. A body of unknown length is read before anything is sent upstream when the limit is no higher than this. */
const MOST_HELD = 1_048_576;

/** Refuses requests with large bodies. */
export const requestSizeLimiting = definePlugin({
  name: "request-size-limiting",
  version: "3.10.0",
  priority: 951,
  config: {
    allowed_payload_size: int({ default: DEFAULT_SIZE, description: "The most that a body may have, in `size_unit`." }),
    size_unit: oneOf(["megabytes", "kilobytes", "bytes"], {
      required: true,
      default: "megabytes",
      description: "A kilobyte is 1024 bytes, a megabyte 1024 kilobytes.",
    }),
    require_content_length: bool({
      required: true,
      default: false,
      description: "Refuses requests without `Content-Length`, but for chunked ones.",
    }),
  },

  access(pdk, { allowed_payload_size, size_unit, require_content_length }) {
    const limit = Math.max((allowed_payload_size ?? DEFAULT_SIZE) * UNITS[size_unit], 0);
    const length = Number(pdk.request.getHeader("content-length") ?? Number.NaN);
    if (!Number.isNaN(length)) return length > limit ? pdk.response.error(refusal(pdk), TOO_LARGE) : undefined;

    const coding = pdk.request.getHeader("transfer-encoding");
    if (require_content_length && coding !== "chunked") {
      return pdk.response.error(411, "A valid Content-Length header is required");
    }
    if (!pdk.request.hasBody()) return;
    // One that the host reads itself is the host's to count.
    if (pdk.router.getService() === null) return;
    pdk.service.request.limitBody(limit, refusal(pdk), TOO_LARGE);
    return limit <= MOST_HELD ? readWithin(pdk, limit) : undefined;
  },
});

/** The upstream hears nothing of a body that is too large, when it can be read first. */
async function readWithin(pdk: Pdk, limit: number): Promise<void> {
  try {
    await pdk.request.getRawBody(limit);
  } catch {
    // Or the client has gone, and nobody reads the answer.
    pdk.response.error(refusal(pdk), TOO_LARGE);
  }
}

function refusal({ request }: Pdk): 413 | 417 {
  return request.getHeader("expect")?.trim().toLowerCase() === "100-continue" ? 417 : 413;
}
