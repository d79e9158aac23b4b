import type { Pdk } from "../../pdk/pdk.js";
import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { bool, oneOf, str } from "../../schema/field.js";
import { tokenFault } from "../../schema/header-text.js";
import { type Generator, IdSource } from "./id-source.js";

const DEFAULT_HEADER = "Kong-Request-ID";

/** Gives each request an id, so that the traces it leaves in several systems can be found again. */
export const correlationId = definePlugin({
  name: "correlation-id",
  version: "3.10.0",
  priority: 100001,
  config: {
    header_name: str({
      default: DEFAULT_HEADER,
      validator: tokenFault,
      description: "The request header that carries the id.",
    }),
    generator: oneOf(["uuid", "uuid#counter", "tracker"], {
      required: true,
      default: "uuid#counter",
      description: "How an id is made for a request that has none.",
    }),
    echo_downstream: bool({ required: true, default: false, description: "Sends the id to the client too." }),
  },

  access(pdk, config) {
    const name = config.header_name ?? DEFAULT_HEADER;
    let id = givenId(pdk, name);
    if (id === undefined) {
      id = newId(pdk, config.generator);
      pdk.service.request.setHeader(name, id);
    }
    pdk.log.setSerializeValue("correlation_id", id);
    if (config.echo_downstream) pdk.ctx.plugin.id = id;
  },

  headerFilter(pdk, config) {
    if (!config.echo_downstream) return;
    const name = config.header_name ?? DEFAULT_HEADER;
    // Without an id the access phase did not run: another plugin, or the gateway itself, has answered before.
    const id = pdk.ctx.plugin.id ?? givenId(pdk, name) ?? newId(pdk, config.generator);
    pdk.response.setHeader(name, id as string);
  },
});

function givenId(pdk: Pdk, name: string): string | undefined {
  const given = pdk.request.getHeader(name);
  return given === undefined || given.trim() === "" ? undefined : given;
}

function newId(pdk: Pdk, generator: Generator): string {
  return pdk.plugin.state(() => new IdSource()).next(generator, pdk);
}
