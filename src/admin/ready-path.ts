import { type AdminAnswer, answer, message } from "./answer.js";
import type { AdminPath, AdminRequest } from "./endpoint.js";
import { action, answers } from "./operation.js";
import { mergedParameters } from "./parameters.js";

/** `/status/ready`, for load balancers: whether to send requests here. */
export const readyPath: AdminPath = {
  pattern: "/status/ready",
  endpoints: {
    GET: {
      run: ready,
      operation: action("Tell whether requests can be served", {
        answers: {
          200: { description: "They can", body: { kind: "message" } },
          503: { description: "They cannot, and why", body: { kind: "message" } },
        },
      }),
    },
    POST: {
      run: drain,
      operation: action("Answer 503 from now on, so that load balancers send requests elsewhere", {
        request: {
          body: {
            kind: "value",
            schema: { type: "object", required: ["status"], properties: { status: { const: "draining" } } },
          },
        },
        answers: { 204: answers.noContent, 400: { description: "Another status", body: { kind: "message" } } },
      }),
    },
  },
};

async function ready({ context }: AdminRequest): Promise<AdminAnswer> {
  const readiness = await context.readiness();
  return readiness.ready ? message(200, "ready") : message(503, readiness.reason);
}

function drain(request: AdminRequest): AdminAnswer {
  const { status } = mergedParameters(request);
  if (status !== "draining") return message(400, "status must be 'draining'");
  request.context.drain();
  return answer(204);
}
