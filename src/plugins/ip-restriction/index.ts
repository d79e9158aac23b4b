import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { perConfig } from "../../plugin-runner/per-config.js";
import { arrayOf, type InferFields, num, str } from "../../schema/field.js";
import { ipOrCidr } from "../../schema/typedefs-http.js";
import { CidrTable } from "./cidr-table.js";

const configFields = {
  allow: arrayOf(ipOrCidr(), { description: "Addresses and CIDR ranges that may pass; all others may not." }),
  deny: arrayOf(ipOrCidr(), { description: "Addresses and CIDR ranges that may not pass, allowed or not." }),
  status: num({ description: "Status of the refusal: 400 to 599; 403 when there is none, or another." }),
  message: str({ description: "Message of the refusal." }),
};

type Config = InferFields<typeof configFields>;

const prepare = perConfig(({ allow, deny, status }: Config) => ({
  allow: allow === null || allow.length === 0 ? null : new CidrTable(allow),
  deny: deny === null || deny.length === 0 ? null : new CidrTable(deny),
  status: status !== null && Number.isInteger(status) && status >= 400 && status <= 599 ? status : 403,
}));

/** Lets requests through by the client's address. */
export const ipRestriction = definePlugin({
  name: "ip-restriction",
  version: "3.10.0",
  priority: 990,
  protocols: ["http", "https", "tcp", "tls", "grpc", "grpcs"],
  allowedProtocols: ["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"],
  config: configFields,
  checks: [{ kind: "at_least_one_of", fields: ["allow", "deny"] }],

  access(pdk, config) {
    const address = pdk.client.getForwardedIp();
    if (address === "") {
      return pdk.response.error(403, "Cannot identify the client IP address, unix domain sockets are not supported.");
    }
    const { allow, deny, status } = prepare(config);
    if (!deny?.has(address) && (allow === null || allow.has(address))) return;
    return pdk.response.error(status, config.message ?? `IP address not allowed: ${address}`);
  },
});
