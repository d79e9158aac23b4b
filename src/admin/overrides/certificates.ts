import { NotFoundError } from "../../errors/dao-errors.js";
import type { EntityDefinition } from "../../schema/entity.js";
import { isNonEmpty } from "../../schema/values.js";
import { foreignId } from "../../store/keys.js";
import { isUuid, uuidV4 } from "../../util/uuid.js";
import { AnswerError, message } from "../answer.js";
import type { AdminPath, AdminRequest, Endpoint, Endpoints } from "../endpoint.js";
import { entityInput } from "../entity-body.js";
import { daoOf, found, parameterOf, recordEndpoints, upsert } from "../entity-endpoints.js";
import { decodeParameter, type EntityHandle, handleOf } from "../entity-handle.js";
import { nestedPattern } from "../entity-paths.js";
import { type Link, nestedCollectionEndpoints, nestedEntityEndpoints } from "../linked-endpoints.js";

/** Certificates can be named by any of their server names, here and above their server names. */
export function certificatePaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  const certificates = definitions.find(({ name }) => name === "certificates");
  const snis = definitions.find(({ name }) => name === "snis");
  if (!certificates || !snis) return [];
  const link: Link = { parent: certificates, child: snis, field: "certificate" };
  const list = nestedPattern(link);
  return [
    { pattern: `/certificates/{${certificates.name}}`, endpoints: certificateEndpoints(certificates) },
    { pattern: list, endpoints: bySni(nestedCollectionEndpoints(link), certificates) },
    { pattern: `${list}/{${snis.name}}`, endpoints: bySni(nestedEntityEndpoints(link), certificates) },
  ];
}

function certificateEndpoints(definition: EntityDefinition): Endpoints {
  const handle = async (request: AdminRequest): Promise<EntityHandle> =>
    handleOf(daoOf(request, definition), (await idOf(request, definition)) ?? unknownName());
  const whole = recordEndpoints(definition, handle);
  return {
    ...whole,
    GET: {
      ...whole.GET,
      run: async (request) => {
        const named = await handle(request);
        const record = await named.select();
        if (!record) throw new NotFoundError({ id: named.value });
        return found(definition, record);
      },
    },
    PUT: {
      ...whole.PUT,
      run: async (request) => {
        const id = await idOf(request, definition);
        const named = handleOf(daoOf(request, definition), id ?? uuidV4());
        const name = nameOf(request, definition);
        const { snis = null } = entityInput(definition, request.body).values;
        if (isUuid(name) || (id !== undefined && snis === null)) return upsert(request, definition, named, {});
        const given = isNonEmpty(snis) ? snis : [];
        // What is no list is for the checks to refuse.
        if (!Array.isArray(given)) return upsert(request, definition, named, {});
        return upsert(request, definition, named, { snis: given.includes(name) ? given : [...given, name] });
      },
    },
  };
}

/** The same endpoints, with the id in the place of a server name. */
function bySni(endpoints: Endpoints, definition: EntityDefinition): Endpoints {
  const entries = Object.entries(endpoints) as [keyof Endpoints, Endpoint][];
  return Object.fromEntries(
    entries.map(([method, { operation, run }]) => [
      method,
      {
        operation,
        run: async (request: AdminRequest) => {
          const id = (await idOf(request, definition)) ?? unknownName();
          return run({ ...request, params: { ...request.params, [definition.name]: id } });
        },
      },
    ]),
  );
}

function nameOf(request: AdminRequest, definition: EntityDefinition): string {
  return decodeParameter(parameterOf(request, definition));
}

/** The id itself, or that of the certificate with the server name; `undefined` when nobody has the name. */
async function idOf(request: AdminRequest, definition: EntityDefinition): Promise<string | undefined> {
  const name = nameOf(request, definition);
  if (isUuid(name)) return name;
  return foreignId((await daoOf(request, { name: "snis" }).selectBy("name", name))?.certificate);
}

function unknownName(): never {
  throw new AnswerError(message(404, "SNI not found"));
}
