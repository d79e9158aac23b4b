import { answer } from "./answer.js";
import type { AdminPath } from "./endpoint.js";
import { action, shown } from "./operation.js";

/** `GET /endpoints`. @param paths - all paths of the API, without this one */
export function endpointsPath(paths: readonly AdminPath[]): AdminPath {
  const pattern = "/endpoints";
  const patterns = paths.filter(({ hidden }) => !hidden).map((path) => path.pattern);
  const data = [...new Set([...patterns, pattern])].sort(bySegments);
  return {
    pattern,
    endpoints: {
      GET: {
        run: () => answer(200, { data }),
        operation: action("List the paths of this API", {
          id: "listEndpoints",
          answers: {
            200: shown("Patterns", {
              type: "object",
              required: ["data"],
              properties: { data: { type: "array", items: { type: "string", examples: ["/services"] } } },
            }),
          },
        }),
      },
    },
  };
}

/** `/a` before `/a/z` before `/ab`. */
function bySegments(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [left[index] as string, right[index] as string];
    if (one !== other) return one < other ? -1 : 1;
  }
  return left.length - right.length;
}
