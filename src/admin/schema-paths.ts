import { toKongSchema, toKongSubschema } from "../schema/kong-schema.js";
import { type AdminAnswer, answer, message } from "./answer.js";
import type { AdminPath, AdminRequest } from "./endpoint.js";
import { decodeParameter } from "./entity-handle.js";

/** The schemas of entities and plugins, which decK and Kong Manager read. */
export const schemaPaths: readonly AdminPath[] = [
  { pattern: "/schemas/{name}", endpoints: { GET: entitySchema } },
  { pattern: "/schemas/plugins/{name}", endpoints: { GET: pluginSchema } },
];

function entitySchema({ context, params }: AdminRequest): AdminAnswer {
  const name = decodeParameter(params.name as string);
  const definition = context.definitions().find((one) => one.name === name);
  return definition ? answer(200, toKongSchema(definition)) : message(404, `No entity named '${name}'`);
}

function pluginSchema({ context, params }: AdminRequest): AdminAnswer {
  const name = decodeParameter(params.name as string);
  const subschemas = context.definitions().find((one) => one.name === "plugins")?.subschemas ?? {};
  const subschema = Object.hasOwn(subschemas, name) ? subschemas[name] : undefined;
  return subschema ? answer(200, toKongSubschema(subschema)) : message(404, `No plugin named '${name}'`);
}
