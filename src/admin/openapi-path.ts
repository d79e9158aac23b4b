import type { EntityDefinition } from "../schema/entity.js";
import { answer } from "./answer.js";
import type { AdminPath } from "./endpoint.js";
import { type OpenApiDocument, openApiDocument, serverAt } from "./openapi/document.js";
import { action, shown } from "./operation.js";

/** `GET /openapi.json`. @param paths - all paths of the API, this one among them; asked for with the first request */
export function openApiPath(paths: () => readonly AdminPath[], definitions: readonly EntityDefinition[]): AdminPath {
  let document: OpenApiDocument | undefined;
  return {
    pattern: "/openapi.json",
    endpoints: {
      GET: {
        run: ({ context, mountPath }) => {
          const { posternVersion } = context.info();
          const needsToken = context.needsToken === true;
          document ??= openApiDocument({ paths: paths(), definitions, version: posternVersion, server: "", needsToken });
          return answer(200, { ...document, servers: [serverAt(mountPath)] });
        },
        operation: action("Describe this API: this document", {
          id: "getOpenApiDocument",
          answers: {
            200: shown("An OpenAPI document", {
              type: "object",
              required: ["openapi", "info", "paths", "components"],
              properties: {
                openapi: { const: "3.1.0" },
                info: { type: "object", required: ["title", "version"] },
                paths: { type: "object" },
                components: { type: "object" },
              },
            }),
          },
        }),
      },
    },
  };
}
