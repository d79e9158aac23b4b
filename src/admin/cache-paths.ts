import { type AdminAnswer, answer, message, notFound } from "./answer.js";
import type { AdminContext } from "./context.js";
import type { AdminPath } from "./endpoint.js";
import { action, answers, shown } from "./operation.js";

/** The cache that plugins share. Keys are taken as they stand in the path: they are not decoded. */
export const cachePaths: readonly AdminPath[] = [
  {
    pattern: "/cache",
    endpoints: {
      DELETE: {
        run: ({ context }) => {
          context.cache.purge();
          return answer(204);
        },
        operation: action("Empty the cache that plugins share", { id: "purgeCache", answers: { 204: answers.noContent } }),
      },
    },
  },
  {
    pattern: "/cache/{key}",
    endpoints: {
      GET: {
        run: ({ context, params }) => cached(context, params.key as string),
        operation: action("Show a value of the cache that plugins share", {
          id: "getCachedValue",
          answers: { 200: shown("The value", { type: "object" }), 404: answers.missing },
        }),
      },
      DELETE: {
        run: ({ context, params }) => {
          context.cache.invalidate(params.key as string);
          return answer(204);
        },
        operation: action("Forget a value of the cache that plugins share", {
          id: "deleteCachedValue",
          answers: { 204: answers.noContent },
        }),
      },
    },
  },
];

/** What plugins cache may be anything: of a value that has no JSON, only that it is there can be told. */
function cached({ cache }: AdminContext, key: string): AdminAnswer {
  const value = cache.probe(key)?.value;
  if (value === undefined || value === null) return notFound;
  try {
    const body: unknown = JSON.parse(JSON.stringify(value));
    return answer(200, typeof body === "object" && body !== null ? body : { message: body });
  } catch {
    return message(200, Object.prototype.toString.call(value));
  }
}
