import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { foreign, int, str } from "../schema/field.js";
import { id, tags, timestampsMs } from "../schema/typedefs.js";
import { formatAddress, isAddressFault, parseAddress } from "../util/address.js";

/** The port of a target that names none. */
export const DEFAULT_TARGET_PORT = 8000;

/**
 * The normal form of a target: `host:port`, IPv6 expanded and in brackets.
 *
 * @returns `undefined` when the text is neither a host name nor an address
 */
export function normalizeTarget(target: string): string | undefined {
  const address = parseAddress(target);
  return isAddressFault(address) ? undefined : formatAddress(address, DEFAULT_TARGET_PORT);
}

/** An instance behind an upstream. */
export const targets = defineEntity({
  name: "targets",
  description: "An instance behind an upstream.",
  endpointKey: "target",
  cacheKey: ["upstream", "target"],
  fields: {
    id: id("Identifies the target."),
    created_at: timestampsMs.created_at,
    updated_at: timestampsMs.updated_at,
    upstream: foreign("upstreams", { required: true, onDelete: "cascade", description: "The upstream it belongs to." }),
    target: str({
      required: true,
      validator: (value) =>
        normalizeTarget(value) === undefined ? `Invalid target ('${value}'); not a valid hostname or ip address` : undefined,
      description: "Host name or address, with a port (8000 if there is none).",
      example: "10.0.0.1:8080",
    }),
    weight: int({
      default: 100,
      between: [0, 65_535],
      description: "Its share of the requests, relative to the others; 0 for none.",
    }),
    tags: tags(),
  },
});

/** A target as stored: defaults filled, unset fields `null`. */
export type Target = Infer<typeof targets>;

/** A target as given. */
export type TargetInput = InferInput<typeof targets>;
